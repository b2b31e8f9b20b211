"""Maps a Chinese local date to the source day that is replayed on it: same kind, season and, if possible, weekday.

The source buildings stand in England, so their holidays fall on other dates; Spring Festival must still look like one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta, timezone
from enum import StrEnum

import chinese_calendar

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one offset without summer time since 1991."""

LONG_RUN_DAYS = 7
"""Free days in a row from which a holiday counts as a festival (Spring Festival, National Day)."""

_EASTER = {friday + timedelta(days=n) for friday in (date(2018, 3, 30), date(2019, 4, 19)) for n in range(4)}
# May and August bank holidays are working days in some of the source buildings.
_AMBIGUOUS = {date(2018, *day) for day in ((5, 7), (5, 28), (8, 27))}
_AMBIGUOUS |= {date(2019, *day) for day in ((5, 6), (5, 27), (8, 26))}
_CANDIDATES = {"workday": 3, "weekend": 3, "holiday": 8, "festival": 9}


class DayKind(StrEnum):
    """What people do on a day; a festival closes offices for a week or more."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    FESTIVAL = "festival"


def kind_of(day: date) -> DayKind:
    """Kind of a Chinese date; in years whose holidays are not yet published only weekends are free."""
    if not _is_free(day):
        return DayKind.WORKDAY
    if _holiday_name(day) is None:
        return DayKind.WEEKEND
    return DayKind.FESTIVAL if _free_run(day) >= LONG_RUN_DAYS else DayKind.HOLIDAY


def source_kind(day: date) -> DayKind | None:
    """Kind of a date in the source buildings; None for days between two kinds, which are not replayed."""
    if (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1):
        return DayKind.FESTIVAL
    if day in _EASTER:
        return DayKind.HOLIDAY
    if day in _AMBIGUOUS or (day.month == 12 and day.day >= 21) or (day.month == 1 and day.day <= 4):
        return None
    return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY


class DayMap:
    """Deterministic choice of a source day for every date."""

    def __init__(self, source_days: Iterable[date]) -> None:
        self._pools: dict[DayKind, list[date]] = {kind: [] for kind in DayKind}
        for day in sorted(source_days):
            kind = source_kind(day)
            if kind is not None:
                self._pools[kind].append(day)
        empty = [kind.value for kind, pool in self._pools.items() if not pool]
        if empty:
            raise ValueError(f"no source day of kind {empty[0]}")
        self._chosen: dict[date, date] = {}

    def source_day(self, day: date) -> date:
        """The day to be replayed on `day`."""
        if day not in self._chosen:
            self._chosen[day] = self._choose(day)
        return self._chosen[day]

    def _choose(self, day: date) -> date:
        kind = kind_of(day)
        pool = self._pools[kind]
        if kind in (DayKind.WORKDAY, DayKind.WEEKEND):
            # A Saturday worked to make up for a festival has no namesake among working days.
            pool = [one for one in pool if one.weekday() == day.weekday()] or pool
            turn = day.toordinal() // 7
        else:
            turn = day.toordinal()
        nearest = sorted(pool, key=lambda one: (_season_distance(one, day), one))[: _CANDIDATES[kind.value]]
        return nearest[turn % len(nearest)]


def _season_distance(one: date, other: date) -> int:
    apart = abs(one.timetuple().tm_yday - other.timetuple().tm_yday)
    return min(apart, 365 - apart)


def _is_free(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_holiday(day))
    except NotImplementedError:
        return day.weekday() >= 5


def _holiday_name(day: date) -> str | None:
    try:
        name: str | None = chinese_calendar.get_holiday_detail(day)[1]
    except NotImplementedError:
        return None
    return name


def _free_run(day: date) -> int:
    """Free days in a row that contain `day`."""
    one = timedelta(days=1)
    first = last = day
    while _is_free(first - one):
        first -= one
    while _is_free(last + one):
        last += one
    return (last - first).days + 1
