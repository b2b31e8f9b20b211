"""Who waits for which row: tells askers once all rows handed in before their question are durable, or are given up."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class _Waiter:
    """`left` rows must still be settled; `is_kept` False as soon as one of them was left out."""

    left: int
    answer: asyncio.Future[bool]
    is_kept: bool = True


class Settled:
    """Rows are settled in the order in which they were handed in."""

    def __init__(self) -> None:
        self._waiters: deque[_Waiter] = deque()

    async def wait(self, rows: int) -> bool:
        """True once the next `rows` rows are durable, False when any of them was left out."""
        if rows == 0:
            return True
        waiter = _Waiter(rows, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        return await waiter.answer

    def settle(self, rows: int, *, is_kept: bool) -> None:
        """The oldest `rows` rows are durable (`is_kept`), or were left out."""
        for waiter in self._waiters:
            waiter.left -= rows
            waiter.is_kept = waiter.is_kept and is_kept
        while self._waiters and self._waiters[0].left <= 0:
            waiter = self._waiters.popleft()
            if not waiter.answer.done():
                waiter.answer.set_result(waiter.is_kept)
