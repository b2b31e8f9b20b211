"""Child processes under test: logs kept in a file, readiness waited for, port ownership checked, always cleaned up."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from tests.support.ports import is_open

ROOT = Path(__file__).resolve().parents[2]


class ProcessFailed(AssertionError):
    """A child did not do what the test waits for; carries the end of its log."""


class ChildProcess:
    """One program started by a test, with standard output and error in `log`.

    A killed child may be started again under the same name: its log goes on in the same file.
    """

    def __init__(
        self, name: str, command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.log = name, log
        self._command = [str(part) for part in command]
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self) -> ChildProcess:
        """Start the program; it must not be running."""
        assert not self.is_alive, f"{self.name} is already running"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT, env=self._environment
            )
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._process.poll() if self._process else None

    def output(self) -> str:
        """What the running (or last) start has written."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def wait_for_line(self, pattern: str, timeout_s: float = 20) -> re.Match[str]:
        """The first match of `pattern` in the output of this start."""
        found: list[re.Match[str]] = []

        def seen() -> bool:
            match = re.search(pattern, self.output(), re.MULTILINE)
            found.extend([match] if match else [])
            return bool(match)

        self.wait_until(seen, timeout_s, f"a line matching {pattern!r}")
        return found[0]

    def wait_for_port(self, port: int, timeout_s: float = 20) -> None:
        """Until the port is open and owned by this child."""
        self.wait_until(lambda: is_open(port), timeout_s, f"port {port}")
        self.assert_owns(port)

    def wait_until(self, predicate: Callable[[], bool], timeout_s: float = 20, what: str = "its state") -> None:
        """Until `predicate` holds; a child that ends earlier, or takes longer, fails the test with its log."""
        end = time.monotonic() + timeout_s
        while not predicate():
            if not self.is_alive:
                raise ProcessFailed(self._report(f"ended with {self.returncode} before {what}"))
            if time.monotonic() > end:
                raise ProcessFailed(self._report(f"no {what} within {timeout_s:g} s"))
            time.sleep(0.02)

    def assert_owns(self, port: int) -> None:
        """Whoever listens on `port` is this child or one of its children, not a stranger that came first."""
        owners = {one.pid for one in self._family() if port in _listening_ports(one)}
        assert owners, self._report(f"does not own port {port}")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def freeze(self) -> None:
        """SIGSTOP: the process keeps its sockets and says nothing."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def terminate(self, timeout_s: float = 15) -> int:
        """SIGTERM, and its exit code; a child that does not end in time fails the test."""
        assert self._process is not None
        self._process.terminate()
        return self.wait(timeout_s)

    def wait(self, timeout_s: float) -> int:
        """Exit code of a child that ends by itself."""
        assert self._process is not None
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise ProcessFailed(self._report(f"still runs after {timeout_s:g} s")) from None

    def clean_up(self) -> None:
        """End the child and everything it started, by process id; never raises for a child already gone."""
        if self._process is None:
            return
        family = self._family()
        for one in family:
            _kill(one)
        psutil.wait_procs(family, timeout=10)
        self._process.wait(10)

    def _family(self) -> list[psutil.Process]:
        if not self.is_alive:
            return []
        try:
            own = psutil.Process(self.pid)
            return [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _report(self, what: str) -> str:
        tail = "\n".join(self.output().splitlines()[-40:])
        return f"{self.name} (pid {self.pid}) {what}\n--- end of {self.log} ---\n{tail}"


Spawn = Callable[..., ChildProcess]
"""The fixture `spawn(name, command, environment=None)`."""


def xietong(*arguments: str | Path) -> list[str | Path]:
    """The command line of one of our own processes."""
    return [sys.executable, "-m", "xietong", *arguments]


def _listening_ports(process: psutil.Process) -> set[int]:
    try:
        connections = process.net_connections(kind="inet")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return set()
    return {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
