"""Fixtures shared by all tests, and the list of tests that were left out for want of a real server."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto, StartMosquitto, start_mosquitto
from tests.support.process import ChildProcess, Spawn
from tests.support.servers import LEFT_OUT, require


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Starts programs that end with the test: `spawn(name, command, environment=None)`."""
    started: list[ChildProcess] = []

    def start(name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> ChildProcess:
        child = ChildProcess(name, command, tmp_path / "logs" / f"{name}.log", environment)
        started.append(child)
        return child.start()

    yield start
    for child in reversed(started):
        child.clean_up()


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartMosquitto]:
    """Starts real brokers, each on a port of its own: `mosquitto(settings="")`; all end with the session."""
    program = require("mosquitto")
    started: list[Mosquitto] = []

    def start(settings: str = "") -> Mosquitto:
        broker = start_mosquitto(program, tmp_path_factory.mktemp("mosquitto"), settings)
        started.append(broker)
        return broker

    yield start
    for broker in started:
        broker.process.clean_up()


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A real browser."""
    return require("chromium")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what did not run because its real server could not be had: the reason, and how many tests of which file."""
    left_out: dict[str, Counter[str]] = defaultdict(Counter)
    for report in terminalreporter.stats.get("skipped", []):
        _, _, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
        if LEFT_OUT in reason:
            left_out[reason.split(LEFT_OUT, 1)[1]][report.nodeid.split("::")[0]] += 1
    if not left_out:
        return
    terminalreporter.section("real servers not available")
    for reason, files in left_out.items():
        terminalreporter.write_line(f"{files.total()} tests left out, {reason}")
        for file, count in files.items():
            terminalreporter.write_line(f"  {count:>3} of {file}")
