"""Local days in China."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from cloud.core.calendar import day_bounds_ms, local_day, to_local
from foundation.clock import to_ms


def test_local_day_begins_at_16_o_clock_utc_of_the_day_before() -> None:
    assert day_bounds_ms(date(2026, 3, 1))[0] == to_ms(datetime(2026, 2, 28, 16, tzinfo=UTC))
    assert to_local(to_ms(datetime(2026, 2, 28, 16, tzinfo=UTC))).isoformat() == "2026-03-01T00:00:00+08:00"


@given(st.integers(0, 4_000_000_000_000))
def test_every_instant_lies_in_its_own_day_of_24_hours(ms: int) -> None:
    start, end = day_bounds_ms(local_day(ms))
    assert start <= ms < end
    assert end - start == 86_400_000
