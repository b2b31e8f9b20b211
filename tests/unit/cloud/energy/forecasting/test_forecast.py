"""What must hold of every forecast, however a meter looks: blind to the future, true to scale, open to its parts."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.support.meters import SHIPPED, read_meters
from cloud.energy.forecasting.context import Days
from cloud.energy.forecasting.day_ahead import Method, Study, roll
from cloud.energy.forecasting.forecast import NO_ERRORS_YET, TOO_FEW_DAYS, NoForecast, TwoDays, forecast
from cloud.energy.forecasting.prior import learn, load_prior
from tests.support.meter_days import FIRST_DAY, office, plain_week

PRIOR = load_prior()
SOME = settings(max_examples=20, deadline=None)


def two_days(days: Days) -> TwoDays:
    made = forecast(days, plain_week, PRIOR)
    assert isinstance(made, TwoDays)
    return made


def means(made: TwoDays) -> list[float]:
    return [one.mean for one in made.hours]


@SOME
@given(st.integers(4, 90), st.sampled_from([0.001, 0.5, 2.0, 1000.0]))
def test_a_meter_of_other_size_has_a_forecast_of_that_size(days: int, factor: float) -> None:
    meter = office(days)
    bigger = Days(meter.first_day, meter.load_w * factor)
    for one, other in zip(two_days(meter).hours, two_days(bigger).hours, strict=True):
        assert (other.mean, other.low, other.high) == pytest.approx(
            (one.mean * factor, one.low * factor, one.high * factor), rel=1e-6, abs=1e-6 * factor
        )


@SOME
@given(st.integers(10, 80), st.integers(1, 20), st.integers(0, 100))
def test_what_comes_later_changes_no_earlier_forecast(known: int, later: int, seed: int) -> None:
    meter = office(known + later, seed=seed)
    changed = meter.load_w.copy()
    changed[known:] = np.random.default_rng(seed).uniform(0, 1e6, changed[known:].shape)
    one, other = (
        roll(Study.of(Days(FIRST_DAY, load), plain_week), PRIOR, 0).expected_w for load in (meter.load_w, changed)
    )
    # The day after the last one that is equal is the last that is seen from equal days alone.
    np.testing.assert_array_equal(one[: known + 1], other[: known + 1])


@SOME
@given(st.integers(20, 80), st.integers(0, 100))
def test_a_back_tested_day_is_forecast_as_it_would_have_been_on_its_eve(known: int, seed: int) -> None:
    meter = office(known + 5, seed=seed)
    rolled = roll(Study.of(meter, plain_week), PRIOR, 0)
    at_refit = next(place for place in range(known, known + 7) if (FIRST_DAY.toordinal() + place) % 7 == 0)
    if at_refit < len(meter):
        issued = two_days(Days(FIRST_DAY, meter.load_w[:at_refit]))
        np.testing.assert_allclose(means(issued)[:24], rolled.expected_w[at_refit], rtol=1e-6)


@SOME
@given(st.integers(4, 90), st.floats(0.0, 0.4))
def test_the_parts_of_each_hour_add_up_to_it_and_it_lies_in_its_interval(days: int, noise: float) -> None:
    for one in two_days(office(days, noise=noise)).hours:
        assert sum(one.parts.values()) == pytest.approx(one.mean, abs=1e-6)
        assert 0 <= one.low <= one.mean <= one.high


def test_the_prior_does_not_depend_on_the_order_of_its_meters() -> None:
    meters = [office(60, seed=seed, mean_w=1000.0 * seed) for seed in (1, 2, 3)]
    one, other = learn(meters, plain_week), learn(meters[::-1], plain_week)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-9)


@pytest.mark.parametrize(
    ("days", "method"),
    [
        (4, Method.SAME_DAY_TYPE),
        (6, Method.SAME_DAY_TYPE),
        (7, Method.POOLED),
        (27, Method.POOLED),
        (28, Method.POOLED_RIDGE),
        (200, Method.POOLED_RIDGE),
    ],
)
def test_the_method_grows_with_the_history(days: int, method: Method) -> None:
    made = two_days(office(days))
    assert (made.method, made.history_days, len(made.hours)) == (method, days, 48)


@pytest.mark.parametrize(("days", "reason"), [(0, TOO_FEW_DAYS), (2, TOO_FEW_DAYS), (3, NO_ERRORS_YET)])
def test_too_little_is_no_forecast_but_a_reason(days: int, reason: NoForecast) -> None:
    assert forecast(Days(FIRST_DAY, office(10).load_w[:days]), plain_week, PRIOR) == reason


def test_a_meter_silent_for_a_month_is_not_forecast_from_before() -> None:
    load = office(90).load_w.copy()
    load[60:] = np.nan
    assert forecast(Days(FIRST_DAY, load), plain_week, PRIOR) == TOO_FEW_DAYS


def test_gaps_make_a_forecast_wider_not_wrong() -> None:
    meter = office(56)
    load = meter.load_w.copy()
    load[10:13] = np.nan
    load[40, 5:20] = np.nan
    load[55, 8:11] = np.nan
    made, whole = two_days(Days(FIRST_DAY, load)), two_days(meter)
    assert made.history_days == 52
    assert means(made) == pytest.approx(means(whole), rel=0.15)


def test_one_absurd_hour_hardly_moves_tomorrow() -> None:
    meter = office(56)
    load = meter.load_w.copy()
    load[54, 13] *= 10_000
    assert means(two_days(Days(FIRST_DAY, load))) == pytest.approx(means(two_days(meter)), rel=0.2)


def test_a_meter_that_shows_nothing_but_zero_is_expected_to_go_on() -> None:
    made = two_days(Days(FIRST_DAY, np.zeros((60, 24))))
    assert {(one.mean, one.low, one.high) for one in made.hours} == {(0.0, 0.0, 0.0)}
    assert (made.back_test.nrmse, made.back_test.persistence_nrmse) == (None, None)


def test_a_flat_meter_stays_flat() -> None:
    assert means(two_days(Days(FIRST_DAY, np.full((60, 24), 800.0)))) == pytest.approx([800.0] * 48, rel=0.05)


def test_a_dead_period_makes_no_giant_of_what_follows() -> None:
    load = office(120).load_w.copy()
    load[30:80] = 0.0
    expected_w = roll(Study.of(Days(FIRST_DAY, load), plain_week), PRIOR, 0).expected_w
    assert np.nanmax(expected_w) < 2 * load.max()


def test_weekends_and_holidays_are_forecast_as_such() -> None:
    meter = office(54)  # the last of them a Friday
    saturday = means(two_days(meter))[12]
    weekday = means(two_days(Days(FIRST_DAY, meter.load_w[:51])))[12]
    assert saturday < 0.6 * weekday

    def closed_tomorrow(day: date) -> bool:
        return plain_week(day) and day != FIRST_DAY + timedelta(days=51)

    made = forecast(Days(FIRST_DAY, meter.load_w[:51]), closed_tomorrow, PRIOR)
    assert isinstance(made, TwoDays)
    assert made.hours[12].mean < 0.7 * weekday


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_nine_of_ten_hours_lie_in_the_interval(noise: float) -> None:
    made = two_days(office(200, noise=noise))
    assert made.back_test.coverage == pytest.approx(0.9, abs=0.05)


def test_real_buildings_are_forecast_far_better_than_by_persistence() -> None:
    recorded = read_meters(SHIPPED)
    for name, meter in recorded.meters.items():
        made = forecast(Days(meter.first_day, meter.load_w[:500]), recorded.is_workday, PRIOR)
        assert isinstance(made, TwoDays), name
        test = made.back_test
        assert test.nrmse is not None
        assert test.persistence_nrmse is not None
        assert test.nrmse < 0.6 * test.persistence_nrmse, name
        assert test.coverage == pytest.approx(0.9, abs=0.05), name
