"""EnergyInterval: what a counter grew by between two times, exact and traceable."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.series import SeriesKey


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
class EnergyTotal:
    """A sum of intervals: `estimated` is the part of `delta` that is not measured, `covered_ms` the time they span.

    `estimated_ms` is the part of that time whose intervals are estimates.
    """

    delta: int
    estimated: int
    covered_ms: int
    estimated_ms: int = 0
