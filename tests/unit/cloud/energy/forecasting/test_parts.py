"""The small parts of a forecast, each against an answer worked out by hand or by another way."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from cloud.core.calendar import day_start_ms
from cloud.core.energy_interval import EnergyInterval
from cloud.core.series import Sample
from cloud.energy.forecasting.back_test import nrmse
from cloud.energy.forecasting.conformal import half_widths
from cloud.energy.forecasting.context import Days, contexts, same_type_means
from cloud.energy.forecasting.features import NAMES, features
from cloud.energy.forecasting.hourly_means import HOUR_MS, days_of
from cloud.energy.forecasting.prior import TABLE, dump_prior, load_prior
from cloud.energy.forecasting.ridge import Moments, solve
from foundation.errors import ConfigError
from gateway.messages import Quality
from tests.support.meter_days import FIRST_DAY, office, plain_week

DAY = date(2026, 3, 2)
START = day_start_ms(DAY)
QUARTER = 900_000


def quarter(number: int, delta: int, *, is_estimated: bool = False) -> EnergyInterval:
    start = START + number * QUARTER
    return EnergyInterval("county", "a-main", "Energy", start, start + QUARTER, delta, is_estimated)


def test_hours_are_the_energy_of_their_quarters() -> None:
    days = days_of([quarter(n, 1000 + n) for n in range(96)], DAY, date(2026, 3, 3))
    assert days.load_w.shape == (1, 24)
    assert days.load_w[0, 0] == 1000 + 1001 + 1002 + 1003


def test_an_hour_with_one_quarter_missing_counts_and_with_two_does_not() -> None:
    days = days_of([quarter(n, 500) for n in (0, 1, 2, 4, 5)], DAY, date(2026, 3, 3))
    assert days.load_w[0, 0] == pytest.approx(2000)
    assert math.isnan(days.load_w[0, 1])


def test_a_line_drawn_over_a_long_gap_is_no_history() -> None:
    gap = [quarter(n, 250 + n % 2, is_estimated=True) for n in range(4, 24)]
    days = days_of([quarter(n, 300) for n in range(4)] + gap, DAY, date(2026, 3, 3))
    assert days.load_w[0, 0] == 1200
    assert np.isnan(days.load_w[0, 1:]).all()


def test_a_logger_that_reads_once_an_hour_is_measured() -> None:
    hourly = [quarter(4 * hour + n, 100 + 10 * hour, is_estimated=True) for hour in range(24) for n in range(4)]
    assert np.isfinite(days_of(hourly, DAY, date(2026, 3, 3)).load_w).all()


def test_a_register_that_stood_still_over_a_gap_has_counted_nothing() -> None:
    still = [quarter(n, 0, is_estimated=True) for n in range(96)]
    assert (days_of(still, DAY, date(2026, 3, 3)).load_w == 0).all()


def test_temperature_is_the_mean_of_its_hour_and_absurd_ones_are_left_out() -> None:
    samples = [Sample(START, 10.0), Sample(START + 1, 12.0), Sample(START + 2, 900.0)]
    samples.append(Sample(START + HOUR_MS, 5.0, Quality.BAD))
    temperature = days_of([], DAY, date(2026, 3, 3), samples).temperature_c
    assert temperature is not None
    assert temperature[0, 0] == 11.0
    assert math.isnan(temperature[0, 1])
    assert days_of([], DAY, date(2026, 3, 3)).temperature_c is None


def test_ridge_of_one_feature_is_the_closed_form() -> None:
    """y = 1, 2, 6 at x = 0, 1, 2: mean x 1, mean y 3, sxy 5, sxx 2; penalty 1 day = variance 2/3 more."""
    x = np.broadcast_to(np.array([0.0, 1.0, 2.0])[:, None, None], (3, 24, 1))
    y = np.broadcast_to(np.array([1.0, 2.0, 6.0])[:, None], (3, 24))
    fitted = solve(Moments.of(x, y), 1.0, 0.0, np.array([True]))
    assert fitted.base == pytest.approx([3.0] * 24)
    assert fitted.weights[:, 0] == pytest.approx([5 / (2 + 2 / 3)] * 24)
    assert solve(Moments.of(x, y), 1.0, 3.0, np.array([True])).base == pytest.approx([1.5] * 24)


def test_ridge_gives_no_weight_to_what_never_varies_or_is_not_used() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(30, 24, 3))
    x[:, :, 1] = 7.0
    fitted = solve(Moments.of(x, x[:, :, 0] + x[:, :, 2]), 0.0, 0.0, np.array([True, True, False]))
    assert fitted.weights[:, 0] != pytest.approx(0.0)
    assert not fitted.weights[:, 1:].any()


def test_moments_of_weeks_add_up_to_those_of_all_and_skip_unknown_hours() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(20, 24, 5)), rng.normal(size=(20, 24))
    y[3, 7] = np.nan
    whole, halves = Moments.of(x, y), Moments.of(x[:9], y[:9]).plus(Moments.of(x[9:], y[9:]))
    np.testing.assert_allclose(whole.gram, halves.gram)
    np.testing.assert_allclose(whole.cross, halves.cross)
    assert whole.days[7] == 19
    assert whole.days[6] == 20


def test_adding_two_functions_adds_their_values() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(40, 24, 4)), rng.normal(size=(40, 24))
    one = solve(Moments.of(x[:20], y[:20]), 2.0, 0.0, np.ones(4, dtype=bool))
    other = solve(Moments.of(x[20:], y[20:]), 2.0, 0.0, np.ones(4, dtype=bool))
    np.testing.assert_allclose(one.plus(other).predict(x), one.predict(x) + other.predict(x))


def test_interval_is_the_error_that_nine_of_ten_stay_within() -> None:
    """19 errors 1..19: the ceil(20 x 0.9) = 18th smallest is 18; 9 errors: the 9th."""
    errors = np.tile(np.arange(1.0, 20.0)[:, None], 24)
    assert half_widths(errors, np.ones(19, dtype=bool), True).tolist() == [18.0] * 24
    assert half_widths(-errors[:9], np.ones(9, dtype=bool), True).tolist() == [9.0] * 24


def test_interval_of_few_days_pools_hours_and_then_kinds_of_day() -> None:
    errors = np.tile(np.arange(1.0, 25.0), (2, 1))
    workdays = np.array([True, False])
    assert half_widths(errors, workdays, True).tolist() == [23.0] * 24
    assert half_widths(errors[:1], workdays[:1], False).tolist() == [23.0] * 24
    assert np.isnan(half_widths(errors[:0], workdays[:0], True)).all()


def test_interval_forgets_what_is_older_than_its_window() -> None:
    errors = np.ones((100, 24))
    errors[:40] = 50.0
    assert half_widths(errors, np.ones(100, dtype=bool), True).max() == 1.0


def test_error_is_a_share_of_the_mean_load() -> None:
    assert nrmse(np.array([3.0, 5.0, np.nan]), np.array([4.0, 4.0, 9.0])) == pytest.approx(0.25)
    assert nrmse(np.array([1.0]), np.array([0.0])) is None


def test_days_of_the_same_kind_are_looked_up_by_the_calendar() -> None:
    days = Days(FIRST_DAY, np.repeat(np.arange(1.0, 15.0)[:, None], 24, axis=1) * 1000)
    context = contexts(days, days.workdays(plain_week))
    in_watts = same_type_means(context, 4) * context.level_w[:, None]
    # The day after 14 days from Monday on is a Monday: the last four working days are the 9th to the 12th.
    assert in_watts[14, 0] == pytest.approx(np.mean([9, 10, 11, 12]) * 1000)
    # The 13th, a Saturday, looks at the 6th and 7th alone.
    assert in_watts[12, 0] == pytest.approx(6500)


def test_features_of_a_day_are_what_they_are_called() -> None:
    meter = office(30)
    workdays = meter.workdays(plain_week)
    context = contexts(meter, workdays)
    row = dict(zip(NAMES, features(meter, context, workdays)[30, 9], strict=True))
    level_w = context.level_w[30]
    assert row["lag_1"] * level_w == pytest.approx(meter.load_w[29, 9])
    assert row["lag_14"] * level_w == pytest.approx(meter.load_w[16, 9])
    assert row["hour_23"] * level_w == pytest.approx(meter.load_w[29, 23])
    assert (row["weekday_2"], row["is_workday"], row["was_workday"], row["temperature"]) == (1, 1, 1, 0)


def test_temperature_of_a_day_is_that_of_its_eve() -> None:
    temperature = np.repeat(np.array([[10.0], [30.0], [np.nan]]), 24, axis=1)
    meter = Days(FIRST_DAY, office(3).load_w, temperature)
    workdays = meter.workdays(plain_week)
    x = features(meter, contexts(meter, workdays), workdays)
    columns = [NAMES.index(name) for name in ("temperature", "heating", "cooling")]
    assert x[:, 0, columns].tolist() == [[20, 0, 0], [10, 8, 0], [30, 0, 8], [30, 0, 8]]


def test_shipped_prior_names_its_source_and_licence() -> None:
    about = json.loads(TABLE.read_text(encoding="utf-8"))
    assert about["licence"] == "MIT"
    assert "10.5281/zenodo.10955332" in about["source"]
    assert not {"cam_b5", "cam_b27", "cam_b31", "cam_b112"} & set(about["meters"])


def test_prior_of_other_features_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "prior.json"
    dump_prior(load_prior(), {"source": "test"}, file)
    assert np.allclose(load_prior(file).weights, load_prior().weights)
    content = json.loads(file.read_text(encoding="utf-8"))
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**content, "features": content["features"][1:]}), encoding="utf-8")
    with pytest.raises(ConfigError):
        load_prior(other)
