"""Runs the demo's processes: starts them, starts a dead one again, ends all of them whatever happens to itself."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from foundation.clock import Clock
from foundation.errors import XietongError

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 10.0
STEADY_S = 10.0
MOST_DEATHS_IN_A_ROW = 5
PATIENCE_S = 10.0
LOG_TAIL_LINES = 15

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process to keep alive: its command and the file that takes what it prints."""

    name: str
    command: Sequence[str]
    log: Path


class ChildFailed(XietongError):
    """A child dies again and again, or a command of the demo failed; carries the end of its log."""

    def __init__(self, name: str, returncode: int | None, log: Path) -> None:
        self.name, self.returncode, self.log = name, returncode, log
        super().__init__(f"{name}: exit code {returncode}; end of {log}:\n{_tail(log)}")


class Child:
    """One supervised process."""

    def __init__(self, spec: ChildSpec, clock: Clock) -> None:
        self.spec, self._clock = spec, clock
        self.restarts = 0
        self._ending = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self.task = asyncio.create_task(self._keep(), name=f"keep {spec.name}")

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self.pid is not None:
            os.kill(self.pid, number)

    async def end(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen; it is not started again."""
        self._ending.set()
        self.send(signal.SIGTERM)
        done, _ = await asyncio.wait({self.task}, timeout=PATIENCE_S)
        if not done:
            self.send(signal.SIGKILL)
            await asyncio.wait({self.task})

    async def _keep(self) -> None:
        """Start, wait, start again after a growing pause; raises ChildFailed when hopeless."""
        deaths = 0
        while True:
            started = self._clock.monotonic()
            self._process = await start_process(self.spec)
            if self._ending.is_set():
                self._process.terminate()
            returncode = await self._process.wait()
            _end_group(self._process.pid)
            deaths = 1 if self._clock.monotonic() - started >= STEADY_S else deaths + 1
            if not self._ending.is_set() and deaths >= MOST_DEATHS_IN_A_ROW:
                raise ChildFailed(self.spec.name, returncode, self.spec.log)
            if await self._ends_within(back_off_s(deaths)):
                return
            self.restarts += 1

    async def _ends_within(self, pause_s: float) -> bool:
        try:
            async with asyncio.timeout(pause_s):
                return await self._ending.wait()
        except TimeoutError:
            return False


class Supervisor:
    """The children of one run; a hopeless one is reported to `on_failure`."""

    def __init__(self, clock: Clock, on_failure: Callable[[ChildFailed], None]) -> None:
        self._clock, self._on_failure = clock, on_failure
        self._children: dict[str, Child] = {}

    def start(self, spec: ChildSpec) -> None:
        """Keep this process alive from now on."""
        child = self._children[spec.name] = Child(spec, self._clock)
        child.task.add_done_callback(self._report)

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and isinstance(error := task.exception(), ChildFailed):
            self._on_failure(error)

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def restarts(self) -> dict[str, int]:
        """How often each child was started again."""
        return {name: child.restarts for name, child in self._children.items()}

    async def end(self, first: Sequence[str] = ()) -> None:
        """End the children named in `first` one after the other, then the others, the youngest first."""
        others = [name for name in reversed(self._children) if name not in first]
        for name in [*(name for name in first if name in self._children), *others]:
            await self._children[name].end()


def back_off_s(deaths: int) -> float:
    """Pause before the next start after so many deaths in a row."""
    return min(FIRST_BACK_OFF_S * 2.0 ** (deaths - 1), LONGEST_BACK_OFF_S)


async def start_process(spec: ChildSpec) -> asyncio.subprocess.Process:
    """Start a child in a session of its own (Ctrl-C reaches only the supervisor) that dies with the supervisor."""
    spec.log.parent.mkdir(parents=True, exist_ok=True)
    with spec.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()) if sys.platform == "linux" else None,
        )


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with(parent: int) -> None:
    """Runs in the child before its program: the kernel kills it when the supervisor ends, however that ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _end_group(leader: int) -> None:
    """Kill what a dead child may have left of its own session."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-LOG_TAIL_LINES:])
