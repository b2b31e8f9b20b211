"""`xietong demo` as a newcomer runs it: everything from one command, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.series import SeriesKey
from demo.layout import Layout
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from tests.support.process import ChildProcess, Spawn, xietong

SECONDS = 60
DEVICES = 56
CAUSED = {"energy", "information", "safety", "vehicle"}
EIGHT = {"asset", "energy", "finance", "general", "information", "real_estate", "safety", "vehicle"}


def _members(demo: ChildProcess) -> list[psutil.Process]:
    return psutil.Process(demo.pid).children(recursive=True)


def _still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=10)
    return [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


def _read_summary(file: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return summary


def _fall_of_load(layout: Layout) -> float:
    """Share of building A's highest power since the start that is gone at the end, in means of 10 s."""
    store = EmbeddedStore(layout.folder / "cloud" / "series.db", SystemDisk())
    end_ms = SystemClock().now_ms()
    samples = store.series(
        SeriesKey("demo-county", "a-main", "Power/Active/Total"), end_ms - 300_000, end_ms, window_ms=10_000
    )
    store.close()
    powers = [float(sample.value) for sample in samples if sample.value is not None]
    print("power of building A:", [round(power) for power in powers])
    return 1 - powers[-1] / max(powers)


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_unattended_demo_accounts_for_every_reading_and_shows_the_whole_loop(spawn: Spawn, tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    arguments = xietong("demo", "--data", tmp_path / "demo", "--seconds", str(SECONDS), "--summary", file)
    demo = spawn("demo", arguments, {"LANG": "en_GB.UTF-8", "LC_ALL": ""})
    demo.wait_for_line("What to look at", timeout_s=250)
    members = _members(demo)
    returncode = demo.wait(SECONDS + 90)
    assert returncode == 0, demo.output()
    assert _still_running(members) == []

    summary = _read_summary(file)
    accounted = summary["stored"] + summary["pending"] + summary["dropped"] + summary["quarantined"]
    assert summary["acquired"] == accounted > 100_000
    assert (summary["duplicates"], summary["dropped"], summary["malformed"]) == (0, 0, 0)
    assert summary["devices_online"] == DEVICES
    assert summary["breaches"] >= 1
    assert summary["commands_verified"] >= 1
    assert set(summary["events_by_department"]) >= CAUSED
    assert summary["first_reading_s"] < summary["ready_s"] <= 240
    layout = Layout(tmp_path / "demo")
    assert _fall_of_load(layout) > 0.15
    _assert_the_office_lived(summary)
    package = layout.folder / "cloud" / "reports" / summary["report_package"]
    checked = subprocess.run(xietong("verify", package), capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _assert_the_office_lived(summary: dict[str, Any]) -> None:
    """Everything that the capabilities make of readings and books, in every department."""
    assert summary["records"] > 3_000
    assert summary["alarms"] >= summary["risks"] >= 15
    assert len(summary["risks_by_department"]) >= 7
    assert set(summary["indicators_by_department"]) == EIGHT
    assert min(summary["indicators_by_department"].values()) >= 2
    assert min(summary[name] for name in ("requests", "cases", "datasets_shared")) >= 1
    assert summary["forecast_points"] >= 3 * 24
    assert -1 <= summary["synergy"] <= 1


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_demo(spawn: Spawn, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C ends it cleanly even while history is loading; a killed supervisor takes its children along."""
    demo = spawn("demo", xietong("demo", "--data", tmp_path / "demo"), {"LANG": "zh_CN.UTF-8", "LC_ALL": ""})
    demo.wait_for_line("边缘代理已启动", timeout_s=60)
    demo.wait_until(lambda: len(_members(demo)) >= 4, what="broker, simulators, cloud and edge")
    members = _members(demo)
    os.kill(demo.pid, number)
    assert demo.wait(60) == (-number if number == signal.SIGKILL else 0), demo.output()
    assert _still_running(members) == []


def test_second_demo_in_the_same_folder_is_refused(spawn: Spawn, tmp_path: Path) -> None:
    first = spawn("first", xietong("demo", "--data", tmp_path))
    first.wait_for_line("Xietong|协同")
    second = spawn("second", xietong("demo", "--data", tmp_path))
    assert second.wait(30) == 2
    assert "another demo is using it" in second.output()
