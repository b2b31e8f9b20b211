"""How well the method would have done on past days of this meter, each forecast from earlier days alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloud.energy.forecast_run import BackTest
from cloud.energy.forecasting.conformal import WINDOW_DAYS, half_widths
from cloud.energy.forecasting.context import Floats
from cloud.energy.forecasting.day_ahead import Study

PERSISTENCE_DAYS = 7


def judge(study: Study, expected_w: Floats, days: int = WINDOW_DAYS) -> BackTest:
    """The newest `days` days that were forecast and came to be known, at least in part; `expected_w` (n - 1, 24)."""
    load_w = study.days.load_w
    known = np.isfinite(expected_w) & np.isfinite(load_w)
    places = np.flatnonzero(known.any(axis=1))[-days:]
    if not len(places):
        return BackTest(0, None, None, None)
    return BackTest(
        days=len(places),
        nrmse=nrmse(expected_w[places], load_w[places]),
        persistence_nrmse=nrmse(persistence(study)[places], load_w[places]),
        coverage=coverage(study, expected_w, places),
    )


def nrmse(expected_w: Floats, actual_w: Floats) -> float | None:
    """Root mean squared error over the mean load, hours unknown on either side left out; None without a load."""
    known = np.isfinite(expected_w) & np.isfinite(actual_w)
    mean = float(actual_w[known].mean()) if known.any() else 0.0
    if mean <= 0:
        return None
    return float(np.sqrt(np.mean((expected_w[known] - actual_w[known]) ** 2)) / mean)


def persistence(study: Study) -> Floats:
    """(n - 1, 24) in W: the mean of the last seven days, the ensemble that every method has to beat."""
    window = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([np.full((PERSISTENCE_DAYS, study.days.load_w.shape[1]), np.nan), study.days.load_w[:-1]]),
        PERSISTENCE_DAYS,
        axis=0,
    )
    counts = np.isfinite(window).sum(axis=2)
    return np.where(counts > 0, np.nansum(window, axis=2) / np.maximum(counts, 1), np.nan)


def coverage(study: Study, expected_w: Floats, places: npt.NDArray[np.intp]) -> float | None:
    """Share of the hours of these days that lay in the interval of their eve; None when none had an interval."""
    errors = errors_of(study, expected_w)
    is_workday, load_w = study.is_workday, study.days.load_w
    hits = hours = 0
    for place in places:
        widths = half_widths(errors[:place], is_workday[:place], bool(is_workday[place]))
        widths_w = widths * study.context.level_w[place]
        judged = np.isfinite(widths_w) & np.isfinite(expected_w[place]) & np.isfinite(load_w[place])
        inside = np.abs(load_w[place] - expected_w[place]) <= widths_w
        hits, hours = hits + int((inside & judged).sum()), hours + int(judged.sum())
    return hits / hours if hours else None


def errors_of(study: Study, expected_w: Floats) -> Floats:
    """(n - 1, 24): what was expected too little, in units of the level of each day."""
    return np.asarray((study.days.load_w - expected_w) / study.context.level_w[:-1, None])
