"""Time as a parameter: logic asks a Clock, so that tests and simulations can own time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for stamps, monotonic time for durations."""

    def now_ms(self) -> int:
        """Wall time, UTC milliseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def from_ms(ms: int) -> datetime:
    """Aware UTC datetime of UTC milliseconds."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


def to_ms(at: datetime) -> int:
    """UTC milliseconds of an aware datetime; a naive one is a bug and raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("naive datetime")
    return round(at.timestamp() * 1000)
