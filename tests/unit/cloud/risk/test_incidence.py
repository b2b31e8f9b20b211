"""How often a condition is expected to come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.risk.incidence import outlook

WEEK_MS = 7 * 86_400_000
NOW_MS = 1_790_000_000_000
FIRST_MS = NOW_MS - 8 * WEEK_MS


def test_six_events_in_eight_weeks() -> None:
    events_ms = [FIRST_MS + number * WEEK_MS for number in range(6)]
    found = outlook(events_ms, FIRST_MS, NOW_MS, 7)
    assert found.rate_per_week == pytest.approx(0.666667, abs=1e-6)
    assert (found.low, found.high) == (pytest.approx(0.3317, abs=5e-5), pytest.approx(1.0957, abs=5e-5))
    assert found.probability == pytest.approx(0.472888, abs=1e-6)
    assert found.rate_per_month == pytest.approx(0.666667 * 365.25 / 84, abs=1e-5)


def test_before_anything_is_seen_the_prior_stands() -> None:
    found = outlook([], NOW_MS, NOW_MS, 7)
    assert found.rate_per_week == 0.5
    assert found.probability == pytest.approx(1 - (4 / 5) ** 2)


def test_events_outside_the_watched_span_do_not_count() -> None:
    assert outlook([FIRST_MS - 1, NOW_MS], FIRST_MS, NOW_MS, 7) == outlook([], FIRST_MS, NOW_MS, 7)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="watched"):
        outlook([], NOW_MS, NOW_MS - 1, 7)


@given(events=st.integers(0, 200), weeks=st.integers(0, 300), days=st.integers(0, 60))
def test_the_rate_lies_in_its_interval_and_a_longer_horizon_is_never_less_likely(
    events: int, weeks: int, days: int
) -> None:
    first_ms = NOW_MS - weeks * WEEK_MS
    known = [first_ms] * events
    near, far = outlook(known, first_ms, NOW_MS, days), outlook(known, first_ms, NOW_MS, days + 1)
    assert near.low <= near.rate_per_week <= near.high
    assert 0 <= near.probability <= far.probability <= 1
