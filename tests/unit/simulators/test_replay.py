"""Tracks: continuous values and exact integrals over recorded hours."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.calendar import SHANGHAI
from simulators.replay import HOUR_MS, Replay, Track, load_source

REPLAY = Replay(load_source(), date(2025, 6, 1))
WITHIN_TWO_YEARS = st.integers(min_value=0, max_value=2 * 365 * 24 * HOUR_MS)


def _track() -> Track:
    return REPLAY.column("cam_b112")


def test_recorded_days_are_whole_and_within_the_two_years() -> None:
    source = load_source()
    assert len(source.days) > 690
    assert min(source.days) >= date(2018, 1, 1)
    assert max(source.days) <= date(2019, 12, 31)
    assert all(np.isfinite(values).all() for values in source.columns.values())


def test_local_midnight_starts_the_replayed_day() -> None:
    source, track = load_source(), _track()
    day = date(2026, 11, 23)
    midnight_ms = round(datetime(2026, 11, 23, tzinfo=SHANGHAI).timestamp() * 1000)
    expected = source.hours("cam_b112", [date(2018, 11, 26)])
    assert day.weekday() == date(2018, 11, 26).weekday()
    assert [track.value(midnight_ms + hour * HOUR_MS) for hour in range(24)] == expected.tolist()


@given(WITHIN_TWO_YEARS)
def test_one_value_and_many_values_agree_to_the_last_bit(since_ms: int) -> None:
    track, at_ms = _track_of_the_module, REPLAY.origin_ms + since_ms
    times = np.array([at_ms], dtype=np.int64)
    assert track.value(at_ms) == track.values(times)[0]
    assert track.integral(at_ms) == track.integrals(times)[0]


def test_the_integral_does_not_depend_on_how_the_track_has_grown() -> None:
    at_ms = REPLAY.origin_ms + 500 * 24 * HOUR_MS + 1
    slow, quick = _track(), _track()
    for day in range(0, 500, 7):
        slow.integral(REPLAY.origin_ms + day * 24 * HOUR_MS)
    assert slow.integral(at_ms) == quick.integral(at_ms)


@given(WITHIN_TWO_YEARS, st.integers(min_value=1, max_value=HOUR_MS))
def test_the_integral_is_the_area_under_the_value(since_ms: int, span_ms: int) -> None:
    track, start = _track_of_the_module, REPLAY.origin_ms + since_ms
    times = np.linspace(start, start + span_ms, 401).astype(np.int64)
    area = float(np.trapezoid(track.values(times), times / HOUR_MS))
    gained = track.integral(start + span_ms) - track.integral(start)
    assert abs(gained - area) <= 1e-4 * max(area, 1e-3) + 1e-6


def test_before_the_meters_were_installed_nothing_is_counted() -> None:
    assert _track().integral(REPLAY.origin_ms - 5 * HOUR_MS) == 0.0


_track_of_the_module = _track()
