"""A clock for many tasks at once: time jumps from one sleeper to the next, and a day passes in milliseconds."""

from __future__ import annotations

import asyncio
import heapq
import itertools

SETTLE_ROUNDS = 200


class VirtualClock:
    """Fits the port Clock. Tasks sleep until `run_for` brings their time."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._start_ms = now_ms
        self._monotonic = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._start_ms + round(self._monotonic * 1000)

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), woken))
        await woken

    async def run_for(self, seconds: float) -> None:
        """Let `seconds` pass; every sleeper wakes at its own time and acts before the next."""
        end_s = self._monotonic + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end_s:
            at_s, _, woken = heapq.heappop(self._sleepers)
            self._monotonic = max(self._monotonic, at_s)
            if not woken.done():
                woken.set_result(None)
            await self._settle()
        self._monotonic = end_s

    async def _settle(self) -> None:
        for _ in range(SETTLE_ROUNDS):
            await asyncio.sleep(0)
