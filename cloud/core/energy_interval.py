"""EnergyInterval: what a counter grew by between two times, exact and traceable, with every version once known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloud.core.series import SeriesKey


class Reason(StrEnum):
    """Why a version of an interval was booked."""

    FIRST = "first"
    LATE_READING = "late_reading"
    ESTIMATE_REPLACED = "estimate_replaced"
    COUNTER_BREAK = "counter_break"
    REGISTER_CORRECTED = "register_corrected"


@dataclass(frozen=True, slots=True)
class EnergyInterval:
    """Growth of one counter over start <= time < end, in its base unit (Wh, L).

    `is_estimated` when an end was interpolated because no register was read close to it.
    """

    group: str
    device: str
    point: str
    start_ms: int
    end_ms: int
    delta: int
    is_estimated: bool = False

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(self.group, self.device, self.point)


@dataclass(frozen=True, slots=True)
class IntervalVersion:
    """An interval as it was known from `known_from_ms` until before `known_to_ms`; None: it is still current."""

    interval: EnergyInterval
    known_from_ms: int
    known_to_ms: int | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class EnergyTotal:
    """A sum of intervals: `estimated` is the part of `delta` that is not measured, `covered_ms` the time they span.

    `estimated_ms` is the part of that time whose intervals are estimates.
    """

    delta: int
    estimated: int
    covered_ms: int
    estimated_ms: int = 0

    def __add__(self, other: EnergyTotal) -> EnergyTotal:
        return EnergyTotal(
            self.delta + other.delta,
            self.estimated + other.estimated,
            self.covered_ms + other.covered_ms,
            self.estimated_ms + other.estimated_ms,
        )


def restated_for(reason: Reason, fresh: EnergyInterval, replaced: Sequence[EnergyInterval]) -> Reason:
    """Why an interval is booked: FIRST where none was, ESTIMATE_REPLACED when a late reading measures what was not."""
    if not replaced:
        return Reason.FIRST
    is_measured_at_last = not fresh.is_estimated and all(one.is_estimated for one in replaced)
    return Reason.ESTIMATE_REPLACED if reason is Reason.LATE_READING and is_measured_at_last else reason
