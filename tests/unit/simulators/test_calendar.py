"""Chinese days are replayed by source days of the same kind."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from simulators.calendar import DayKind, DayMap, kind_of, source_kind
from simulators.replay import load_source


@pytest.fixture(scope="module")
def day_map() -> DayMap:
    return DayMap(load_source().days)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-02-13", DayKind.WORKDAY),
        ("2026-02-14", DayKind.WORKDAY),  # a Saturday worked to make up for the festival
        ("2026-02-15", DayKind.FESTIVAL),
        ("2026-02-17", DayKind.FESTIVAL),  # Spring Festival
        ("2026-02-23", DayKind.FESTIVAL),
        ("2026-02-24", DayKind.WORKDAY),
        ("2026-05-01", DayKind.HOLIDAY),
        ("2026-10-01", DayKind.FESTIVAL),
        ("2026-11-22", DayKind.WEEKEND),
        ("2031-01-01", DayKind.WORKDAY),  # not published yet: a plain Wednesday
        ("2031-01-04", DayKind.WEEKEND),
    ],
)
def test_a_date_has_the_kind_of_the_chinese_working_calendar(day: str, kind: DayKind) -> None:
    assert kind_of(date.fromisoformat(day)) is kind


def test_every_day_of_a_year_is_replayed_by_a_day_of_its_kind(day_map: DayMap) -> None:
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        assert source_kind(day_map.source_day(day)) is kind_of(day)


def test_ordinary_days_keep_weekday_and_season(day_map: DayMap) -> None:
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        if kind_of(day) is DayKind.WEEKEND or (kind_of(day) is DayKind.WORKDAY and day.weekday() < 5):
            source = day_map.source_day(day)
            apart = abs(source.timetuple().tm_yday - day.timetuple().tm_yday)
            assert source.weekday() == day.weekday()
            assert min(apart, 365 - apart) <= 30


def test_two_maps_choose_the_same_days(day_map: DayMap) -> None:
    again = DayMap(reversed(load_source().days))
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(0, 365, 3)]
    assert [again.source_day(day) for day in reversed(days)][::-1] == [day_map.source_day(day) for day in days]


@pytest.mark.parametrize("meter", ["cam_b112", "cam_b5", "cam_b31"])
def test_spring_festival_looks_like_a_holiday(day_map: DayMap, meter: str) -> None:
    source = load_source()

    def working_hours(first: date, days: int) -> float:
        chosen = [day_map.source_day(first + timedelta(days=number)) for number in range(days)]
        return float(np.mean(source.hours(meter, chosen).reshape(-1, 24)[:, 9:17]))

    festival = working_hours(date(2026, 2, 15), 9)
    week_before, week_after = working_hours(date(2026, 2, 9), 5), working_hours(date(2026, 3, 2), 5)
    assert festival < 0.7 * min(week_before, week_after)


def test_a_source_without_some_kind_of_day_is_refused() -> None:
    with pytest.raises(ValueError, match="no source day of kind"):
        DayMap([date(2018, 6, 4), date(2018, 6, 5)])
