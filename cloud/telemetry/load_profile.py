"""How a meter usually shares its energy over the quarters of a local day, by kind of day, learned from measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import Enum, auto

import chinese_calendar

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.work_calendar import WorkCalendar

LEARN_MS = 28 * 86_400_000
"""How far before and after a gap measured intervals are learned from."""

_SCALE = 1 << 20
"""Means are whole numbers of this part of a base unit."""


class DayKind(Enum):
    """What an office does on a day: a holiday is a free day that is no plain weekend."""

    WORKDAY = auto()
    REST = auto()
    HOLIDAY = auto()


KindOf = Callable[[date], DayKind]


def day_kind(day: date, calendar: WorkCalendar) -> DayKind:
    """The kind of a local day."""
    if calendar.is_workday(day):
        return DayKind.WORKDAY
    return DayKind.HOLIDAY if day.weekday() < 5 or _is_public_holiday(day) else DayKind.REST


class LoadProfile:
    """Mean energy of each quarter of a local day, by kind of day.

    A kind of day of which nothing was measured is taken for the one that is nearest to it.
    """

    def __init__(self, kind_of: KindOf) -> None:
        self._kind_of = kind_of
        self._sums: dict[tuple[DayKind, int], tuple[int, int]] = defaultdict(lambda: (0, 0))

    def learn(self, intervals: Iterable[EnergyInterval]) -> None:
        """Take what was measured into account; estimates teach nothing."""
        for one in intervals:
            if not one.is_estimated:
                place = self._place(one.start_ms)
                total, count = self._sums[place]
                self._sums[place] = total + one.delta, count + 1

    def weights(self, quarters: Iterable[int]) -> list[int] | None:
        """Weights of quarters (their starts); None when nothing is known of one of them."""
        found = [self._mean(*self._place(quarter_ms)) for quarter_ms in quarters]
        known = [mean for mean in found if mean is not None]
        return known if len(known) == len(found) else None

    def _mean(self, kind: DayKind, offset_ms: int) -> int | None:
        for one in _NEAREST[kind]:
            total, count = self._sums.get((one, offset_ms), (0, 0))
            if count:
                return total * _SCALE // count
        return None

    def _place(self, quarter_ms: int) -> tuple[DayKind, int]:
        day = local_day(quarter_ms)
        return self._kind_of(day), quarter_ms - day_start_ms(day)


_NEAREST: dict[DayKind, Sequence[DayKind]] = {
    DayKind.WORKDAY: (DayKind.WORKDAY, DayKind.REST, DayKind.HOLIDAY),
    DayKind.REST: (DayKind.REST, DayKind.HOLIDAY, DayKind.WORKDAY),
    DayKind.HOLIDAY: (DayKind.HOLIDAY, DayKind.REST, DayKind.WORKDAY),
}


def _is_public_holiday(day: date) -> bool:
    try:
        return chinese_calendar.get_holiday_detail(day)[1] is not None
    except NotImplementedError:
        return False
