"""What a day-ahead forecast looks at, as numbers per hour: recent days, days of the same kind, calendar, weather."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from cloud.energy.forecasting.context import HOURS, Context, Days, Flags, Floats, mean_of, same_type_means

_LAGS = (1, 2, 3, 4, 5, 6, 7, 14)
_YEAR_DAYS = 365.25
_NEUTRAL_C = 20.0
_HEATING_BELOW_C, _COOLING_ABOVE_C = 18.0, 22.0
"""Degree days count how far the outdoor mean of a day lies below and above these; between them nothing is needed."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "recent_days": tuple(f"lag_{lag}" for lag in _LAGS),
    "last_hours": ("hour_21", "hour_22", "hour_23"),
    "level": ("yesterday", "week", "hour_of_month"),
    "same_day_type": ("same_type_1", "same_type_4", "same_type_4_before", "same_type_4_after", "same_type_day"),
    "calendar": (*(f"weekday_{day}" for day in range(7)), "was_workday", "is_workday", "will_be_workday"),
    "season": ("year_sin", "year_cos", "half_year_sin", "half_year_cos"),
    "temperature": ("temperature", "temperature_day", "heating", "cooling"),
}
"""Names of features by the group that explains them to people, in the order of the columns."""

NAMES: tuple[str, ...] = tuple(name for names in GROUPS.values() for name in names)
SAME_TYPE = NAMES.index("same_type_4")
"""The column that is by itself the simplest fair forecast: the mean of the last four days of the same kind."""

IS_SEASON = np.array([name in GROUPS["season"] for name in NAMES])
IS_POOLED = np.array([name not in (*GROUPS["season"], *GROUPS["temperature"]) for name in NAMES])
"""Columns that mean the same to every meter, whatever its climate."""


def features(days: Days, context: Context, workdays: Flags) -> Floats:
    """(n, 24, features) in the order of NAMES, without NaN; n days as of the context.

    An unknown hour of the load is taken to be as usual at that hour, else at the level.
    """
    n = len(context.level_w)
    month = _else(mean_of(context.load, np.isfinite(context.load)), 1.0)
    known = np.where(np.isfinite(context.load), context.load, month[:, None])
    columns = [known[:, lag - 1] for lag in _LAGS]
    columns += [_wide(known[:, 0, hour]) for hour in (21, 22, 23)]
    day_means = known[:, :7].mean(axis=2)
    columns += [_wide(day_means[:, 0]), _wide(day_means.mean(axis=1)), month]
    usual = _else(same_type_means(context, 4), month)
    newest = _else(same_type_means(context, 1), usual)
    columns += [newest, usual, np.roll(usual, 1, axis=1), np.roll(usual, -1, axis=1), _wide(newest.mean(axis=1))]
    columns += [_wide(column) for column in _calendar(days.first_day, workdays, n)]
    columns += [_wide(column) for column in _season(days.first_day, n)]
    columns += _temperature(days.temperature_c, n)
    return np.stack(columns, axis=2)


def _calendar(first_day: date, workdays: Flags, n: int) -> list[Floats]:
    weekdays = (first_day.weekday() + np.arange(n)) % 7
    columns = [(weekdays == day).astype(np.float64) for day in range(7)]
    return [*columns, *(workdays[shift : shift + n].astype(np.float64) for shift in range(3))]


def _season(first_day: date, n: int) -> list[Floats]:
    turns = 2 * np.pi * (first_day.toordinal() + np.arange(n)) / _YEAR_DAYS
    return [np.sin(turns), np.cos(turns), np.sin(2 * turns), np.cos(2 * turns)]


def _temperature(temperature_c: Floats | None, n: int) -> list[Floats]:
    """Of the day before, as nobody knows the temperature of the day to come; unknown is as on the last known day."""
    if temperature_c is None:
        return [np.zeros((n, HOURS))] * 4
    eve = np.concatenate([np.full((1, HOURS), _NEUTRAL_C), temperature_c])[:n]
    mean = mean_of(eve, np.isfinite(eve))
    last_known = np.maximum.accumulate(np.where(np.isfinite(mean), np.arange(n), 0))
    mean = mean[last_known]
    hourly = np.where(np.isfinite(eve), eve, mean[:, None])
    heating, cooling = np.maximum(_HEATING_BELOW_C - mean, 0), np.maximum(mean - _COOLING_ABOVE_C, 0)
    return [hourly, _wide(mean), _wide(heating), _wide(cooling)]


def _else(values: Floats, other: Floats | float) -> Floats:
    return np.where(np.isfinite(values), values, other)


def _wide(column: Floats) -> Floats:
    return np.broadcast_to(column[:, None], (len(column), HOURS))
