"""Values of the time-series side: which series, which sample, which row of which stream they came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from cloud.core.calendar import LOCAL
from gateway.messages import Quality, Reading, Value

Aggregate = Literal["mean", "min", "max", "sum", "first", "last", "count"]

DAY_MS = 86_400_000
QUARTER_MS = 900_000
_LOCAL_MS = LOCAL.utcoffset(None) // timedelta(milliseconds=1)


def window_offset_ms(window_ms: int) -> int:
    """Windows begin at multiples of their length before this: whole days at local midnight, all others in UTC."""
    return _LOCAL_MS if window_ms % DAY_MS == 0 else 0


def window_start(ms: int, window_ms: int) -> int:
    """Start of the window that a moment falls in."""
    offset_ms = window_offset_ms(window_ms)
    return (ms + offset_ms) // window_ms * window_ms - offset_ms


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """One point of one device of one compound (Sparkplug group)."""

    group: str
    device: str
    point: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A stored value; for a window aggregate `measured_ms` is the window's start."""

    measured_ms: int
    value: Value
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One row of an edge's stream as it is to be stored: the readings of one device, possibly none."""

    stream: str
    spool: int
    group: str
    device: str
    readings: tuple[Reading, ...] = ()
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class WriteResult:
    """Readings stored, readings of rows that the ledger already held, and readings moved by 1 ms."""

    stored: int
    redelivered: int
    moved: int


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What the store holds, counted from its rows.

    Readings `thinned` were stored and are no longer kept as such: what was ever stored is `stored + thinned`.
    """

    stored: int
    duplicates: int
    quarantined: int
    redelivered: int
    rows: int
    streams: Mapping[str, str] = field(default_factory=dict)
    thinned: int = 0
