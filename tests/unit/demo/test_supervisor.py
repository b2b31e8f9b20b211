"""Supervised children are kept alive, counted, and never outlive their supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from demo.supervisor import Child, ChildFailed, ChildSpec, Supervisor, back_off_s
from foundation.clock import SystemClock
from tests.support.tree import ROOT

SLEEPER = "import signal, time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def _spec(tmp_path: Path, code: str, name: str = "child") -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-c", code), tmp_path / f"{name}.log")


async def _until(state: Callable[[], bool], timeout_s: float = 20) -> None:
    async with asyncio.timeout(timeout_s):
        while not state():
            await asyncio.sleep(0.02)


async def _up(spec: ChildSpec, times: int = 1) -> None:
    await _until(lambda: spec.log.exists() and spec.log.read_text().count("up") >= times)


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_killed_child_is_started_again_and_counted(tmp_path: Path) -> None:
    failures: list[ChildFailed] = []
    supervisor = Supervisor(SystemClock(), failures.append)
    spec = _spec(tmp_path, SLEEPER)
    supervisor.start(spec)
    await _up(spec)
    first = supervisor["child"].pid
    supervisor["child"].send(signal.SIGKILL)
    await _up(spec, times=2)
    assert supervisor["child"].pid not in (first, None)
    assert supervisor.restarts() == {"child": 1}
    await supervisor.end()
    assert supervisor["child"].pid is None
    assert failures == []


async def test_child_that_dies_at_every_start_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.supervisor.FIRST_BACK_OFF_S", 0.001)
    failed: asyncio.Future[ChildFailed] = asyncio.get_running_loop().create_future()
    supervisor = Supervisor(SystemClock(), failed.set_result)
    supervisor.start(_spec(tmp_path, "raise SystemExit('site.yaml: devices: wrong')"))
    async with asyncio.timeout(30):
        error = await failed
    assert error.returncode == 1
    assert "site.yaml: devices: wrong" in str(error)
    await supervisor.end()


async def test_child_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.supervisor.PATIENCE_S", 0.2)
    spec = _spec(tmp_path, DEAF)
    child = Child(spec, SystemClock())
    await _up(spec)
    pid = child.pid
    assert pid is not None
    await child.end()
    assert not _is_running(pid)


async def test_children_end_in_the_order_given_and_then_the_youngest_first(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = (
        "import signal, sys, time\n"
        f"def end(*_):\n    open({str(told)!r}, 'a').write('NAME '); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
    )
    supervisor = Supervisor(SystemClock(), lambda error: None)
    specs = [_spec(tmp_path, code.replace("NAME", name), name) for name in ("broker", "simulators", "cloud", "edge")]
    for spec in specs:
        supervisor.start(spec)
        await _up(spec)
    await supervisor.end(["edge"])
    assert told.read_text().split() == ["edge", "cloud", "simulators", "broker"]


async def test_grandchildren_end_with_their_parent(tmp_path: Path) -> None:
    spawning = f"import subprocess, sys; one = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); "
    spec = _spec(tmp_path, spawning + "print('grandchild', one.pid, flush=True); one.wait()")
    child = Child(spec, SystemClock())
    await _up(spec)
    grandchild = int(spec.log.read_text().split()[spec.log.read_text().split().index("grandchild") + 1])
    await child.end()
    await _until(lambda: not _is_running(grandchild))
    assert not _is_running(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    code = (
        "import asyncio, pathlib, sys\n"
        "from demo.supervisor import Child, ChildSpec\nfrom foundation.clock import SystemClock\n"
        "async def main():\n"
        f"    log = pathlib.Path({str(log)!r})\n"
        f"    child = Child(ChildSpec('child', (sys.executable, '-c', {SLEEPER!r}), log), SystemClock())\n"
        "    while child.pid is None or not log.read_text():\n"
        "        await asyncio.sleep(0.02)\n"
        "    print(child.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        child = psutil.Process(pid)
        os.kill(supervisor.pid, signal.SIGKILL)
        supervisor.wait(10)
        psutil.wait_procs([child], timeout=10)
    assert not _is_running(pid)


def test_pause_grows_and_stays_bounded() -> None:
    assert [back_off_s(deaths) for deaths in (1, 2, 3, 10)] == [0.5, 1.0, 2.0, 10.0]
