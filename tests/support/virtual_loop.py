"""An event loop whose time jumps to the next timer as soon as nobody has anything to do: hours pass in milliseconds.

Unlike VirtualClock it also moves `asyncio.timeout`, and costs nothing per jump. Only for code without real sockets.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
START_MS = 1_790_000_000_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` is virtual seconds since the start."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.now_s


class LoopClock:
    """Fits the port Clock: the time of the running loop."""

    def now_ms(self) -> int:
        return START_MS + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtual(main: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events:
            assert timeout is not None, "everybody waits for what never comes"
            self._loop.now_s += max(0.0, timeout)
        return events
