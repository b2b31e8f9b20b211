"""A lock whose waiters are served by urgency: a command passes every poll that waits, and no poll waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator

PATIENCE = 16
"""How many later arrivals of the next higher urgency may pass a waiter."""


class PriorityLock:
    """Held by one task at a time. Urgency 0 passes all; each step above lets PATIENCE more arrivals pass."""

    def __init__(self) -> None:
        self._is_held = False
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def turn(self, urgency: int) -> AsyncIterator[None]:
        """Wait for the turn and hold the lock inside the block."""
        await self._acquire(urgency)
        try:
            yield
        finally:
            self._pass_on()

    async def _acquire(self, urgency: int) -> None:
        if not self._is_held:
            self._is_held = True
            return
        granted = asyncio.get_running_loop().create_future()
        arrival = next(self._order)
        rank = -1 if urgency == 0 else arrival + PATIENCE * (urgency - 1)
        heapq.heappush(self._waiting, (rank, arrival, granted))
        try:
            await granted
        except asyncio.CancelledError:
            # Cancelled in the same moment as it was granted: the turn must not be lost.
            if granted.done() and not granted.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            granted = heapq.heappop(self._waiting)[2]
            if not granted.done():
                granted.set_result(None)
                return
        self._is_held = False
