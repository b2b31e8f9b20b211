"""Intervals from past errors alone: split conformal prediction per hour of the day and kind of day."""

from __future__ import annotations

import math

import numpy as np

from cloud.energy.forecasting.context import HOURS, Flags, Floats

COVERAGE = 0.9
WINDOW_DAYS = 60
LEAST_ERRORS = 9
"""Fewer errors than this cannot tell what nine of ten stay within."""


def half_widths(errors: Floats, is_workday: Flags, wanted: bool) -> Floats:
    """(24,): half the interval's width at each hour of a day of the `wanted` kind.

    `errors` (days, 24) are those of forecasts made on the eve, NaN where unknown; the newest WINDOW_DAYS count. The
    width is the ceil((n + 1) 0.9)-th smallest absolute error (Papadopoulos et al. 2002): of that hour on days of that
    kind, where there are too few of all hours of such days, else of all. NaN when even those are too few.
    """
    sizes = np.abs(errors[-WINDOW_DAYS:])
    of_kind = sizes[is_workday[-WINDOW_DAYS:] == wanted]
    widths = np.full(HOURS, _rank(sizes))
    pooled = _rank(of_kind)
    if math.isfinite(pooled):
        widths[:] = pooled
    counts = np.isfinite(of_kind).sum(axis=0)
    for hour in np.flatnonzero(counts >= LEAST_ERRORS):
        widths[hour] = _rank(of_kind[:, hour])
    return widths


def _rank(sizes: Floats) -> float:
    known = sizes[np.isfinite(sizes)]
    place = math.ceil((len(known) + 1) * COVERAGE)
    if place > len(known):
        return math.nan
    return float(np.partition(known, place - 1)[place - 1])
