"""Ready means: every device online, the threshold set, the whole history acknowledged."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo.commands import CloudStatus, EdgeStatus
from demo.layout import Layout, claim
from demo.readiness import NotReady, Readiness
from demo.screen import Screen
from demo.supervisor import ChildFailed, ChildSpec
from foundation.clock import SystemClock
from simulators.compound import load_compound

HISTORY = "device,time_utc,point,value,unit\n" + "a-main,2026-01-01T00:00:00Z,Power/Active/Total,1,kW\n" * 3
DEVICES = 56


class ScriptedCommands:
    """Answers from a script, the last one for ever; history is written by a process that writes three lines."""

    def __init__(self, layout: Layout, stories: list[tuple[int, int, int]]) -> None:
        self._layout, self._stories = layout, stories
        self.history_processes: list[str] = []

    def write_history(self, file: Path) -> ChildSpec:
        return self._process("history", f"open({str(file)!r}, 'w').write({HISTORY!r})")

    def import_history(self) -> ChildSpec:
        return self._process("import", "pass")

    def _process(self, name: str, code: str) -> ChildSpec:
        self.history_processes.append(name)
        return ChildSpec(name, (sys.executable, "-c", code), self._layout.log(name))

    async def edge_status(self) -> EdgeStatus:
        return EdgeStatus(100, 0, 5, self._stories[0][2], is_polling=True)

    async def cloud_status(self) -> CloudStatus:
        stored, online, _ = self._stories.pop(0) if len(self._stories) > 1 else self._stories[0]
        return CloudStatus(stored, 0, 0, 0, 0, online, 0, 0, {})


class Officer:
    """The API as the threshold's author sees it."""

    def __init__(self, *thresholds: dict[str, Any]) -> None:
        self.thresholds = list(thresholds)

    async def get(self, path: str) -> Any:
        if path == "/thresholds":
            return self.thresholds
        assert path == "/series/last?group=demo-county&device=a-main"
        sample = {"value": 50_000.0, "quality": "good", "measured_at": "2026-01-01T00:00:00Z"}
        return [{"point": "Power/Active/Total", "unit": "W", "sample": sample}]

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        assert path == "/thresholds"
        self.thresholds.append(body)
        return body


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    with claim(tmp_path / "data") as layout:
        yield layout


def _readiness(layout: Layout, commands: ScriptedCommands, officer: Officer) -> tuple[Readiness, io.StringIO]:
    output = io.StringIO()
    clock = SystemClock()
    readiness = Readiness(
        layout=layout,
        screen=Screen("en", Console(file=output, width=200)),
        commands=commands,  # type: ignore[arg-type]
        api=officer,  # type: ignore[arg-type]
        compound=load_compound(),
        clock=clock,
        began=clock.monotonic(),
    )
    return readiness, output


@pytest.fixture(autouse=True)
def _ask_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.readiness.ASK_S", 0.01)


async def test_ready_when_devices_are_online_and_history_is_stored(layout: Layout) -> None:
    commands, officer = ScriptedCommands(layout, [(0, 0, 0), (5, 20, 9), (90, DEVICES, 0)]), Officer()
    readiness, output = _readiness(layout, commands, officer)
    times = await readiness.reach()
    assert 0 < times.first_reading_s <= times.ready_s
    assert commands.history_processes == ["history", "import"]
    assert layout.history.read_text() == HISTORY
    assert layout.history_imported.exists()
    assert "56 devices are online" in output.getvalue()


async def test_threshold_stands_above_the_present_load(layout: Layout) -> None:
    officer = Officer()
    readiness, _ = _readiness(layout, ScriptedCommands(layout, [(90, DEVICES, 0)]), officer)
    await readiness.reach()
    (body,) = officer.thresholds
    assert body["limit"] == 57_500
    assert body["automatic"] is True
    assert {action["device"] for action in body["actions"]} == {"a-ac-1", "a-ac-2"}


async def test_threshold_that_the_user_moved_stays_where_it_is(layout: Layout) -> None:
    moved = {"name": "一号楼总功率（演示）", "device": "a-main", "limit": 70_000}
    officer = Officer(moved)
    readiness, output = _readiness(layout, ScriptedCommands(layout, [(90, DEVICES, 0)]), officer)
    await readiness.reach()
    assert officer.thresholds == [moved]
    assert "70.0 kW" in output.getvalue()


async def test_continued_folder_does_not_import_its_history_twice(layout: Layout) -> None:
    layout.history_imported.touch()
    commands = ScriptedCommands(layout, [(90, DEVICES, 0)])
    readiness, _ = _readiness(layout, commands, Officer())
    await readiness.reach()
    assert commands.history_processes == []


async def test_missing_devices_are_named_when_time_is_up(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.readiness.READY_S", 0.5)
    readiness, _ = _readiness(layout, ScriptedCommands(layout, [(90, 54, 0)]), Officer())
    with pytest.raises(NotReady, match="54/56"):
        await readiness.reach()


async def test_backlog_that_does_not_drain_is_named_when_time_is_up(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.readiness.READY_S", 2)
    readiness, _ = _readiness(layout, ScriptedCommands(layout, [(90, DEVICES, 7)]), Officer())
    with pytest.raises(NotReady, match=r"history\.csv"):
        await readiness.reach()
    assert not layout.history_imported.exists()


async def test_failed_import_ends_the_demo_with_its_reason(layout: Layout) -> None:
    commands = ScriptedCommands(layout, [(90, DEVICES, 0)])
    commands.import_history = lambda: ChildSpec(  # type: ignore[method-assign]
        "import", (sys.executable, "-c", "raise SystemExit('history.csv: line 7: wrong')"), layout.log("import")
    )
    readiness, _ = _readiness(layout, commands, Officer())
    with pytest.raises(ChildFailed, match="line 7: wrong"):
        await readiness.reach()
