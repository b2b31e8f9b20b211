"""The energy a command has saved, against figures worked out by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.series import Sample
from cloud.energy.counterfactual import (
    HOUR_MS,
    NotMeasurable,
    Span,
    by_forecast,
    by_level_before,
    covers,
    pieces,
    prediction_factor,
)
from cloud.energy.forecast_run import ForecastPoint
from cloud.energy.threshold import MAX_GAP_MS
from gateway.messages import Quality

MINUTE = 60_000


def every(seconds: int, start_ms: int, end_ms: int, watts: float) -> list[Sample]:
    return [Sample(at_ms, watts) for at_ms in range(start_ms, end_ms, seconds * 1000)]


def test_level_before_by_hand() -> None:
    """60 s at 90, 110 kW in turn (mean 100); then 36 s at 70 kW: expected 1000 Wh, used 700.

    The spread of the six is 10 x sqrt(6/5) = 10.954 kW, Student's factor for five degrees of freedom 2.015 and that of
    a further level sqrt(7/6): 2.1764 x 10.954 kW x 36 s = 238.4 Wh.
    """
    before = [Sample(n * 10_000, 90_000.0 + 20_000 * (n % 2)) for n in range(6)]
    held = every(6, 60_000, 96_000, 70_000.0)
    found = by_level_before(before + held, Span(0, 60_000), Span(60_000, 96_000))
    assert found.expected_wh == pytest.approx(1000)
    assert found.actual_wh == pytest.approx(700)
    assert found.half_width_wh == pytest.approx(238.4, abs=0.1)
    assert found.terms == pytest.approx(
        {
            "level_before_w": 100_000,
            "spread_before_w": 10_000 * math.sqrt(6 / 5),
            "interval_factor": 2.015 * math.sqrt(7 / 6),
            "samples_before_count": 6,
            "before_s": 60,
            "held_known_s": 36,
        }
    )


def test_few_readings_make_a_wide_interval_and_many_the_normal_one() -> None:
    assert prediction_factor(3) == pytest.approx(2.92 * math.sqrt(4 / 3))
    assert prediction_factor(7) == pytest.approx(2.015 * math.sqrt(8 / 7))
    assert prediction_factor(1_000) == pytest.approx(1.684, rel=1e-3)


def test_a_load_that_went_on_rising_shows_a_loss_and_no_zero() -> None:
    samples = every(10, 0, 60_000, 50_000.0) + every(10, 60_000, 120_000, 80_000.0)
    found = by_level_before(samples, Span(0, 60_000), Span(60_000, 120_000))
    assert found.expected_wh - found.actual_wh == pytest.approx(-500)


def test_forecast_at_the_level_of_the_hour_before_by_hand() -> None:
    """Hour before: 60 kWh of 50 forecast, ratio 1.2. Held 2 h at 45 kW: expected 1.2 x (40 + 30) = 84, used 90."""
    points = [
        ForecastPoint(0, HOUR_MS, 50_000.0, 45_000.0, 55_000.0),
        ForecastPoint(HOUR_MS, 2 * HOUR_MS, 40_000.0, 36_000.0, 44_000.0),
        ForecastPoint(2 * HOUR_MS, 3 * HOUR_MS, 30_000.0, 28_000.0, 32_000.0),
    ]
    samples = every(60, 0, HOUR_MS, 60_000.0) + every(60, HOUR_MS, 3 * HOUR_MS, 45_000.0)
    found = by_forecast(samples, points, Span(0, HOUR_MS), Span(HOUR_MS, 3 * HOUR_MS))
    assert found.expected_wh == pytest.approx(84_000)
    assert found.actual_wh == pytest.approx(90_000)
    assert found.half_width_wh == pytest.approx(1.2 * 6_000)
    assert found.terms["ratio"] == pytest.approx(1.2)
    assert found.terms["forecast_held_wh"] == pytest.approx(70_000)


def test_only_the_time_in_which_the_load_is_known_counts_on_both_sides() -> None:
    """Of 100 min held 5.5 are silent (a value holds 330 s); expected is for the 94.5 known ones alone."""
    gap_ms = 2 * MAX_GAP_MS
    held = every(30, HOUR_MS, HOUR_MS + 50 * MINUTE, 30_000.0)
    held += every(30, HOUR_MS + 50 * MINUTE - 30_000 + gap_ms, HOUR_MS + 100 * MINUTE, 30_000.0)
    samples = every(30, 0, HOUR_MS, 60_000.0) + held
    found = by_level_before(samples, Span(0, HOUR_MS), Span(HOUR_MS, HOUR_MS + 100 * MINUTE))
    known_h = (100 * MINUTE - MAX_GAP_MS) / HOUR_MS
    assert found.actual_wh == pytest.approx(30_000 * known_h)
    assert found.expected_wh == pytest.approx(60_000 * known_h)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([], "gaps"),
        (every(10, 60_000, 120_000, 5.0), "gaps"),
        (every(10, 0, 60_000, 5.0), "gaps"),
        ([Sample(0, 5.0), Sample(60_000, 5.0)], "too_few_before"),
        ([*every(10, 0, 60_000, 5.0), Sample(60_000, 5.0, Quality.BAD)], "gaps"),
    ],
)
def test_what_is_not_known_well_enough_has_a_reason(samples: list[Sample], reason: str) -> None:
    with pytest.raises(NotMeasurable, match=reason):
        # A silence of ten minutes is longer than any value holds.
        by_level_before(
            samples, Span(0, 60_000), Span(60_000, 60_000 + 2 * MAX_GAP_MS if len(samples) == 6 else 120_000)
        )


def test_a_forecast_of_nothing_tells_no_level() -> None:
    points = [ForecastPoint(0, 2 * HOUR_MS, 0.0, 0.0, 0.0)]
    samples = every(60, 0, 2 * HOUR_MS, 5.0)
    with pytest.raises(NotMeasurable, match="forecast_without_load"):
        by_forecast(samples, points, Span(0, HOUR_MS), Span(HOUR_MS, 2 * HOUR_MS))


def test_points_cover_a_span_only_without_gaps() -> None:
    first, second = ForecastPoint(0, 10, 1, 1, 1), ForecastPoint(10, 20, 1, 1, 1)
    assert covers([first, second], Span(5, 20))
    assert not covers([first, second], Span(5, 21))
    assert not covers([second], Span(5, 15))
    assert not covers([first, ForecastPoint(11, 20, 1, 1, 1)], Span(5, 15))
    assert not covers([], Span(5, 15))


@given(
    st.lists(st.tuples(st.integers(0, 3_000_000), st.floats(0, 1e6)), max_size=40, unique_by=lambda one: one[0]),
    st.integers(0, 3_000_000),
)
def test_energy_of_two_halves_is_the_energy_of_the_whole(readings: list[tuple[int, float]], cut: int) -> None:
    samples = [Sample(at_ms, value) for at_ms, value in sorted(readings)]
    whole, halves = pieces(samples, Span(0, 3_000_000)), [Span(0, cut), Span(cut, 3_000_000)]
    parts = [piece for half in halves for piece in pieces(samples, half)]
    assert math.fsum(one.wh for one in parts) == pytest.approx(math.fsum(one.wh for one in whole), rel=1e-9, abs=1e-9)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(whole))
