"""Books the quarter hours that registers decide, with estimates over gaps that follow the meter's own load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cloud.core.energy_interval import EnergyInterval, Reason
from cloud.core.ports import IntervalBook
from cloud.core.series import DAY_MS, SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.telemetry.interval import evenly, whole_quarters
from cloud.telemetry.load_profile import LEARN_MS, LoadProfile, day_kind
from cloud.telemetry.register import Register, Wrap


@dataclass(frozen=True, slots=True)
class QuarterBooker:
    """Books into one book; `calendar` tells working days from free ones."""

    intervals: IntervalBook
    calendar: WorkCalendar

    def book(self, key: SeriesKey, registers: Sequence[Register], wrap: Wrap, now_ms: int, reason: Reason) -> int:
        """Book every whole quarter between these registers, all or nothing; returns how many changed."""
        if len(registers) < 2:
            return 0
        booked = self.intervals.between(key, registers[0].at_ms, registers[-1].at_ms)
        known = {one.start_ms: one for one in booked}
        quarters = whole_quarters(key, registers, wrap, lambda gap, quantity: self._weigh(key, known, gap, quantity))
        fresh = [one for one in quarters if known.get(one.start_ms) != one]
        return self.intervals.book(fresh, now_ms, reason) if fresh else 0

    def _weigh(self, key: SeriesKey, known: Mapping[int, EnergyInterval], gap: range, quantity: int) -> Sequence[int]:
        """An estimate that stands and still adds up weighs as it is: what was learned since does not restate it."""
        standing = [known[quarter] for quarter in gap if quarter in known and known[quarter].is_estimated]
        if len(standing) == len(gap) and sum(one.delta for one in standing) == quantity:
            return [one.delta for one in standing]
        profile = self._profile(key, gap) if quantity else None
        return (profile.weights(gap) if profile else None) or evenly(gap, quantity)

    def _profile(self, key: SeriesKey, gap: range) -> LoadProfile | None:
        """What was measured in the weeks before and after a gap; None when that is less than a day."""
        spans = ((gap.start - LEARN_MS, gap.start), (gap.stop, gap.stop + LEARN_MS))
        totals = [self.intervals.total([key], *span).get(key) for span in spans]
        if sum(one.covered_ms - one.estimated_ms for one in totals if one) < DAY_MS:
            return None
        profile = LoadProfile(cache(lambda day: day_kind(day, self.calendar)))
        for span in spans:
            profile.learn(self.intervals.between(key, *span))
        return profile


def touched(registers: Sequence[Register], start_ms: int, end_ms: int) -> tuple[int, int]:
    """From the last register before start..end to just after the first one that follows it."""
    before = max((one.at_ms for one in registers if one.at_ms < start_ms), default=start_ms)
    after = min((one.at_ms for one in registers if one.at_ms >= end_ms), default=end_ms)
    return before, after + 1


def parts_of(start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """A span in parts of at most a day, so that a long one fills no memory."""
    return [(part_ms, min(part_ms + DAY_MS, end_ms)) for part_ms in range(start_ms, max(end_ms, start_ms + 1), DAY_MS)]
