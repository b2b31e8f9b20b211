"""Conditions of fallback rules: bounds, hysteresis, what is not known, and windows that pass midnight."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.local.condition import Bounds, Held, bounds_of, fulfils, is_open
from edge_agent.site_fallback import WEEK, Condition, TimeWindow
from gateway.messages import Quality, Reading, Value
from tests.support.profiles import profile_of, register

ABOVE = Bounds(above=28.0, below=None, equals=None, hysteresis=1.0)
BELOW = Bounds(above=None, below=10.0, equals=None, hysteresis=1.0)


def told(bounds: Bounds, value: Value, *, is_held: bool = False, age_s: float | None = 1.0) -> bool | None:
    return fulfils(bounds, Reading("Value", value, 0), age_s, 15.0, is_held=is_held)


def test_a_bound_is_passed_not_reached_and_given_up_only_beyond_the_hysteresis() -> None:
    assert [told(ABOVE, value) for value in (28.0, 28.1)] == [False, True]
    assert [told(ABOVE, value, is_held=True) for value in (27.1, 27.0)] == [True, False]
    assert [told(BELOW, value) for value in (10.0, 9.9)] == [False, True]
    assert [told(BELOW, value, is_held=True) for value in (10.9, 11.0)] == [True, False]


@pytest.mark.parametrize("value", [None, "warm", float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_not_known(value: Value) -> None:
    assert told(ABOVE, value) is None


@given(st.floats(allow_nan=False), st.sampled_from([Quality.BAD, Quality.STALE]), st.booleans())
def test_what_is_not_good_or_not_fresh_is_not_known(value: float, quality: Quality, is_held: bool) -> None:
    assert fulfils(ABOVE, Reading("Value", value, 0, quality), 1.0, 15.0, is_held=is_held) is None
    assert told(ABOVE, value, is_held=is_held, age_s=15.1) is None
    assert told(ABOVE, value, is_held=is_held, age_s=None) is None
    assert fulfils(ABOVE, None, None, 15.0, is_held=is_held) is None


@given(st.floats(-1e6, 1e6))
def test_what_begins_a_rule_also_keeps_it(value: float) -> None:
    for bounds in (ABOVE, BELOW, Bounds(None, None, 5.0, 0.5)):
        assert told(bounds, value) is not True or told(bounds, value, is_held=True) is True


def test_bounds_are_written_in_the_unit_of_the_point() -> None:
    point = profile_of(register(unit="kW")).point("Value")
    condition = Condition.model_validate({"device": "a", "point": "Value", "above": "1.5"})
    assert bounds_of(condition, point, condition.above or 0) == Bounds(1500.0, None, None, 1500.0)  # type: ignore[arg-type]


def window(since: str, to: str, *days: str) -> TimeWindow:
    return TimeWindow.model_validate({"from": since, "to": to, **({"days": days} if days else {})})


def test_a_window_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    friday_night = window("22:00", "06:00", "fri")
    friday = datetime(2026, 11, 27)  # noqa: DTZ001 (local time)
    opened = [hours for hours in range(-24, 72) if is_open(friday_night, friday + timedelta(hours=hours))]
    assert opened == list(range(22, 30))


@given(st.times(), st.times(), st.datetimes())
def test_a_window_and_its_complement_make_a_whole_day(one: time, other: time, at: datetime) -> None:
    if one != other:
        inside = is_open(TimeWindow.model_validate({"from": one, "to": other, "days": WEEK}), at)
        outside = is_open(TimeWindow.model_validate({"from": other, "to": one, "days": WEEK}), at)
        assert inside is not outside


def test_only_what_was_true_without_a_break_has_lasted() -> None:
    held = Held()
    assert [held.since(True, 10), held.since(True, 12), held.since(False, 13), held.since(True, 14)] == [0, 2, None, 0]
