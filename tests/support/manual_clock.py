"""A Clock that only a test moves."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count


class ManualClock:
    """Wall and monotonic time that stand still until `advance`; with `is_eager`, a sleep moves them by itself."""

    def __init__(
        self, *, now_ms: int = 1_790_000_000_000, monotonic_s: float = 1_000.0, is_eager: bool = False
    ) -> None:
        self._now_ms, self._monotonic_s = float(now_ms), monotonic_s
        self.is_eager = is_eager
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return round(self._now_ms)

    def monotonic(self) -> float:
        return self._monotonic_s

    async def sleep(self, seconds: float) -> None:
        if self.is_eager or seconds <= 0:
            self.advance(max(seconds, 0))
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic_s + seconds, next(self._order), future))
        await future

    def advance(self, seconds: float) -> None:
        """Move both clocks and wake whoever is due; the woken run once the test awaits something."""
        self._monotonic_s += seconds
        self._now_ms += seconds * 1000
        while self._sleepers and self._sleepers[0][0] <= self._monotonic_s:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    def set_wall(self, now_ms: int) -> None:
        """Step the wall clock alone, as a time server or a person does."""
        self._now_ms = float(now_ms)

    async def until_asleep(self, sleepers: int = 1) -> None:
        """Let the tasks run until so many of them sleep."""
        async with asyncio.timeout(10):
            while sum(not future.done() for _, _, future in self._sleepers) < sleepers:
                await asyncio.sleep(0)
