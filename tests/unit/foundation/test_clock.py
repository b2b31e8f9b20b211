from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import SystemClock, from_ms, to_ms


@given(st.integers(0, 253_402_300_799_999))
def test_milliseconds_come_back_from_a_datetime_unchanged(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


def test_the_zone_of_a_datetime_does_not_matter() -> None:
    shanghai = datetime(2026, 10, 1, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    assert to_ms(shanghai) == to_ms(datetime(2026, 10, 1, tzinfo=UTC)) == 1_790_812_800_000


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_ms(datetime(2026, 10, 1))  # noqa: DTZ001


async def test_the_system_clock_tells_utc_milliseconds_and_never_steps_back() -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 1000
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before
