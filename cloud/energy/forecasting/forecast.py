"""Today and tomorrow of one meter: expected power hour by hour, interval, parts that add up to it, and back-test.

Both days are seen from the midnight before today: today from whole past days, tomorrow from these and from what is
expected of today. Each has the interval of its own distance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cloud.energy.forecast_run import BackTest
from cloud.energy.forecasting.back_test import errors_of, judge
from cloud.energy.forecasting.conformal import WINDOW_DAYS, half_widths
from cloud.energy.forecasting.context import HOURS, Days, Floats, IsWorkday
from cloud.energy.forecasting.day_ahead import Lessons, Method, Rolling, Study, roll
from cloud.energy.forecasting.features import GROUPS, NAMES, SAME_TYPE
from cloud.energy.forecasting.ridge import Linear

ROLLED_DAYS = 2 * WINDOW_DAYS
"""The days of the back-test, and before them those whose errors make their intervals."""

BASE, NOT_BELOW_ZERO = "base", "not_below_zero"
"""Parts beside those of the feature groups: the usual at that hour, and what keeps a forecast from being negative."""

_COLUMNS = {group: np.array([name in names for name in NAMES]) for group, names in GROUPS.items()}


@dataclass(frozen=True, slots=True)
class HourAhead:
    """Mean power expected in one hour, in W; `parts` by group of inputs add up to `mean` exactly."""

    mean: float
    low: float
    high: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TwoDays:
    """The 48 hours from the end of the days given; `history_days` is how many of these were known."""

    method: Method
    history_days: int
    hours: tuple[HourAhead, ...]
    back_test: BackTest


@dataclass(frozen=True, slots=True)
class NoForecast:
    """Why there is none, as a code."""

    reason: str


TOO_FEW_DAYS = NoForecast("too_few_days")
NO_ERRORS_YET = NoForecast("no_errors_yet")


def forecast(days: Days, is_workday: IsWorkday, prior: Linear) -> TwoDays | NoForecast:
    """The day after `days` and the one after that."""
    study = Study.of(days, is_workday)
    today = len(days)
    method = study.method(today)
    if method is Method.NONE:
        return TOO_FEW_DAYS
    rolling = roll(study, prior, today - ROLLED_DAYS)
    model = Lessons.of(study, prior, today).model(int(study.history_days[today]))
    expected_w = np.concatenate([rolling.expected_w, study.expect(slice(today, today + 1), model)])
    later = Study.of(days.with_unknown_day(), is_workday, _eves(expected_w))
    widths = _half_widths(study, rolling.expected_w, today)
    later_widths = _half_widths(later, _two_days_ahead(later, rolling), today + 1)
    if not np.isfinite(widths).all():
        return NO_ERRORS_YET
    # With a day of history the distance of two has not been tried yet; the nearer one is the best there is.
    later_widths = np.where(np.isfinite(later_widths), np.maximum(later_widths, widths), widths)
    hours = (*_hours(study, today, model, widths), *_hours(later, today + 1, model, later_widths))
    return TwoDays(method, int(study.history_days[today]), hours, judge(study, rolling.expected_w))


def _two_days_ahead(later: Study, rolling: Rolling) -> Floats:
    """(days + 1, 24): each past day seen from the midnight before its eve, by the function known then."""
    expected_w = np.full((len(later.days), HOURS), np.nan)
    for place in range(rolling.start + 1, len(rolling.expected_w)):
        expected_w[place] = later.expect(slice(place, place + 1), rolling.models[place - 1])[0]
    return expected_w


def _eves(expected_w: Floats) -> Floats:
    return np.concatenate([np.full((1, HOURS), np.nan), expected_w])


def _half_widths(study: Study, expected_w: Floats, place: int) -> Floats:
    """(24,) in W for the day at `place`."""
    errors = errors_of(study, expected_w)[:place]
    widths = half_widths(errors, study.is_workday[:place], bool(study.is_workday[place]))
    return np.asarray(widths * study.context.level_w[place])


def _hours(study: Study, place: int, model: Linear, widths_w: Floats) -> list[HourAhead]:
    hours = []
    for parts, width in zip(_parts(study, place, model), widths_w.tolist(), strict=True):
        mean = math.fsum(parts.values())
        if mean < 0:
            parts[NOT_BELOW_ZERO] = -mean
            mean = 0.0
        hours.append(HourAhead(mean, max(mean - width, 0.0), mean + width, parts))
    return hours


def _parts(study: Study, place: int, model: Linear) -> list[dict[str, float]]:
    """What each group of inputs adds at each hour, in W."""
    x, level_w = study.x[place], float(study.context.level_w[place])
    if study.method(place) in (Method.NONE, Method.SAME_DAY_TYPE):
        return [{Method.SAME_DAY_TYPE.value: value * level_w} for value in x[:, SAME_TYPE].tolist()]
    by_feature = model.parts(x) * level_w
    columns = {BASE: model.base * level_w}
    columns |= {group: by_feature[:, mine].sum(axis=1) for group, mine in _COLUMNS.items()}
    return [{group: float(values[hour]) for group, values in columns.items()} for hour in range(HOURS)]
