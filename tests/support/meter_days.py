"""Made-up meters: office days with a shape, a noise and a calendar, for the tests of forecasts."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from cloud.energy.forecasting.context import Days

FIRST_DAY = date(2026, 1, 5)
"""A Monday."""


def plain_week(day: date) -> bool:
    return day.weekday() < 5


def office(days: int, *, seed: int = 1, noise: float = 0.05, mean_w: float = 50_000.0) -> Days:
    """A working-day profile twice as high as that of free days, with noise of its own share of the mean."""
    hours = np.arange(24)
    shape = 0.5 + np.exp(-(((hours - 13) / 4) ** 2))
    open_days = np.array([plain_week(FIRST_DAY + timedelta(days=n)) for n in range(days)])
    load = np.where(open_days[:, None], shape, 0.5 + 0.1 * shape)
    load = load + np.random.default_rng(seed).normal(0, noise, load.shape)
    return Days(FIRST_DAY, np.maximum(load * mean_w, 0.0))
