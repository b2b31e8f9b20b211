"""The arithmetic behind the charts: grid, sum, moving mean, mean of a span."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.console.curves import Curve, joined, mean_between, moving_mean, on_grid, total
from cloud.core.series import Sample
from cloud.energy.threshold import MAX_GAP_MS
from gateway.messages import Quality


def samples(*pairs: tuple[int, float]) -> list[Sample]:
    return [Sample(at, value) for at, value in pairs]


def test_a_value_holds_until_the_next_one() -> None:
    curve = on_grid(samples((0, 10.0), (5_000, 20.0)), 0, 8_000, 2_000)
    assert curve == [(0, 10.0), (2_000, 10.0), (4_000, 10.0), (6_000, 20.0), (8_000, 20.0)]


def test_before_the_first_sample_and_after_a_long_silence_there_is_a_gap() -> None:
    curve = on_grid(samples((1_000, 10.0)), 0, MAX_GAP_MS + 2_000, 1_000)
    assert curve[0] == (0, None)
    assert curve[1] == (1_000, 10.0)
    assert curve[-2] == (MAX_GAP_MS + 1_000, 10.0)
    assert curve[-1] == (MAX_GAP_MS + 2_000, None)


def test_a_bad_reading_a_text_and_a_switch_end_the_value_before_them() -> None:
    for ending in (Sample(2_000, 1.0, Quality.BAD), Sample(2_000, None), Sample(2_000, "x"), Sample(2_000, True)):
        assert on_grid([*samples((0, 5.0)), ending], 0, 4_000, 2_000) == [(0, 5.0), (2_000, None), (4_000, None)]


def test_nothing_holds_after_the_device_was_lost() -> None:
    curve = on_grid(samples((0, 5.0)), 0, 6_000, 2_000, valid_until_ms=3_000)
    assert curve == [(0, 5.0), (2_000, 5.0), (4_000, None), (6_000, None)]


def test_joined_samples_break_at_silence_bad_readings_and_loss() -> None:
    known = [*samples((0, 1.0), (10, 2.0), (50, 3.0)), Sample(60, 4.0, Quality.BAD), Sample(70, 5.0), Sample(80, 6.0)]
    curve = joined(known, 20, valid_until_ms=75)
    assert curve == [(0, 1.0), (10, 2.0), (11, None), (50, 3.0), (60, None), (70, 5.0), (80, None)]


def test_the_sum_has_a_gap_where_one_part_has_one() -> None:
    assert total([[(0, 1.0), (1, 2.0)], [(0, 10.0), (1, None)]]) == [(0, 11.0), (1, None)]
    assert total([]) == []


def test_the_moving_mean_needs_half_of_its_window() -> None:
    curve = [(0, 2.0), (1_000, 4.0), (2_000, None), (3_000, None), (4_000, None), (5_000, 6.0)]
    means = [mean for _, mean in moving_mean(curve, 4_000)]
    assert means == [None, 3.0, 3.0, 3.0, None, None]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60), st.integers(1, 20))
def test_a_moving_mean_stays_between_the_extremes_of_its_window(values: list[float], width: int) -> None:
    curve: Curve = [(1_000 * place, value) for place, value in enumerate(values)]
    for place, (_, mean) in enumerate(moving_mean(curve, 1_000 * width)):
        window = values[max(0, place + 1 - width) : place + 1]
        if mean is not None:
            assert min(window) - 1e-6 <= mean <= max(window) + 1e-6


def test_the_mean_of_a_span_weighs_by_time() -> None:
    assert mean_between(samples((0, 10.0), (9_000, 110.0)), 0, 10_000) == pytest.approx(20.0)


def test_the_mean_of_a_span_is_unknown_when_less_than_half_is_covered() -> None:
    assert mean_between(samples((6_000, 10.0)), 0, 10_000) is None
    assert mean_between(samples((5_000, 10.0)), 0, 10_000) == pytest.approx(10.0)
    assert mean_between([], 0, 10_000) is None
