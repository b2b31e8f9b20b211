"""Values of the time-series side: which series, which sample, which row of which stream they came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.messages import Quality, Reading, Value

Aggregate = Literal["mean", "min", "max", "sum", "first", "last", "count"]


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
    """What the store holds, counted afresh from its rows."""

    stored: int
    duplicates: int
    quarantined: int
    redelivered: int
    rows: int
    streams: Mapping[str, str] = field(default_factory=dict)
