"""What a year will come to, from its months so far and the year before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.risk.year_outlook import year_outlook

FLAT = dict.fromkeys(range(1, 13), 10.0)


def test_months_to_come_are_last_year_s_scaled_by_what_both_years_know() -> None:
    found = year_outlook(dict.fromkeys(range(1, 7), 12.0), FLAT)
    assert found is not None
    assert (found.known, found.so_far, found.expected) == (6, 72, pytest.approx(144))
    assert found.spread == pytest.approx(0.05 * 1.2 * 60)


def test_uneven_months_make_the_outlook_less_certain() -> None:
    even = year_outlook(dict.fromkeys(range(1, 7), 12.0), FLAT)
    uneven = year_outlook({1: 9, 2: 15, 3: 9, 4: 15, 5: 9, 6: 15}, FLAT)
    assert even is not None
    assert uneven is not None
    assert even.probability_above(138) > 0.9
    assert 0.5 < uneven.probability_above(138) < 0.8


def test_a_month_that_is_missing_in_between_is_taken_from_last_year_too() -> None:
    found = year_outlook({1: 10, 3: 10, 4: 10}, FLAT)
    assert found is not None
    assert (found.known, found.expected) == (3, pytest.approx(120))


def test_a_whole_year_is_what_it_is() -> None:
    found = year_outlook(FLAT, {})
    assert found is not None
    assert [found.probability_above(limit) for limit in (119.9, 120.0)] == [1, 0]


def test_too_little_is_known_for_an_outlook() -> None:
    assert year_outlook({1: 10, 2: 10}, FLAT) is None
    assert year_outlook({1: 10, 2: 10, 3: 10}, dict.fromkeys(range(1, 12), 10)) is None
    assert year_outlook({}, FLAT) is None


@given(st.lists(st.floats(1, 100), min_size=3, max_size=11), st.floats(1, 2000))
def test_a_higher_limit_is_never_more_likely_exceeded(months: list[float], limit: float) -> None:
    found = year_outlook(dict(enumerate(months, 1)), FLAT)
    assert found is not None
    assert found.so_far <= found.expected
    assert 0 <= found.probability_above(limit * 1.1) <= found.probability_above(limit) <= 1
