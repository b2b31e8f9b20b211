"""What is known of a meter on the eve of each day: its last 28 days, freed from outliers, in units of its own level.

Everything about a day is taken from the days before it, so that a forecast of the past is as blind as one of the
future. In units of the level a meter of ten times the size looks the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
IsWorkday = Callable[[date], bool]
Scalar = TypeVar("Scalar", bound=np.generic)

HOURS = 24
CONTEXT_DAYS = 28
KNOWN_HOURS = 20
"""A day of which fewer hours are known is no day of history."""

LEAST_LEVEL = 0.05
"""The level is never below this share of the mean of the whole history, and a day whose peak is below this share of
the usual peak is a dead one: neither must make a giant of a lamp."""

TEACHING_DAYS = 14
"""Days of the last 28 on which a meter must have moved before a day of it teaches anything."""

OUTLIER = 2.0
"""An hour above this many times the third highest daily peak of the last 28 days is taken for a reading error."""


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive local days: hourly mean power and outdoor temperature, NaN where unknown; both (days, 24)."""

    first_day: date
    load_w: Floats
    temperature_c: Floats | None = None

    def __len__(self) -> int:
        return len(self.load_w)

    @property
    def end_day(self) -> date:
        """The first day after them."""
        return self.first_day + timedelta(days=len(self))

    @property
    def is_known(self) -> Flags:
        """(days,): whether enough of each day is known."""
        return np.asarray(np.isfinite(self.load_w).sum(axis=1) >= KNOWN_HOURS)

    def workdays(self, is_workday: IsWorkday) -> Flags:
        """(days + 3,): from the day before the first to the second after the last."""
        return np.array([is_workday(self.first_day + timedelta(days=step)) for step in range(-1, len(self) + 2)])

    def with_unknown_day(self) -> Days:
        """One day more, of which nothing is known."""
        unknown = np.full((1, HOURS), np.nan)
        temperature = None if self.temperature_c is None else np.concatenate([self.temperature_c, unknown])
        return Days(self.first_day, np.concatenate([self.load_w, unknown]), temperature)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known before each of n days: newest day first, outliers cut, NaN where unknown.

    `load` (n, 28, 24) in units of `level_w` (n,); `most` (n,) is where outliers are cut, in the same units. `same`
    (n, 28) marks days of the kind of the day itself, `alive` (n, 28) those on which the meter moved, `known` (n, 28)
    those of which enough is known.
    """

    load: Floats
    level_w: Floats
    most: Floats
    same: Flags
    alive: Flags
    known: Flags


def contexts(days: Days, workdays: Flags, eve_w: Floats | None = None) -> Context:
    """Contexts of all these days and, as the last, of the day after them.

    `workdays` as of `Days.workdays`. With `eve_w` (days + 1, 24) the newest day of each context is taken from there,
    for days whose eve is itself only expected.
    """
    window = _windows(days.load_w)
    if eve_w is not None:
        window[:, 0] = eve_w
    level_w, most_w, alive = _level(window, days.load_w)
    load = np.minimum(window, most_w[:, None, None]) / level_w[:, None, None]
    known = np.isfinite(window).sum(axis=2) >= KNOWN_HOURS
    return Context(load, level_w, most_w / level_w, _same_type(workdays, len(days)), alive, known)


def targets(days: Days, context: Context) -> Floats:
    """(days, 24): what each day came to in units of its level, outliers cut; NaN where nothing is to be learnt."""
    y = np.minimum(days.load_w / context.level_w[:-1, None], context.most[:-1, None])
    is_teaching = context.alive[:-1].sum(axis=1) >= TEACHING_DAYS
    return np.where(is_teaching[:, None], y, np.nan)


def same_type_means(context: Context, count: int) -> Floats:
    """(n, 24): mean of the newest `count` days of the day's own kind, in units of the level; NaN without any."""
    known = context.same[:, :, None] & np.isfinite(context.load)
    return mean_of(context.load, known & (np.cumsum(known, axis=1) <= count))


def mean_of(values: Floats, taken: Flags) -> Floats:
    """Mean over axis 1 of what is taken; NaN where nothing is."""
    counts = taken.sum(axis=1)
    sums = np.where(taken, values, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _windows(load_w: Floats) -> Floats:
    """(days + 1, 28, 24): the days before each day, newest first."""
    padded = np.concatenate([np.full((CONTEXT_DAYS, HOURS), np.nan), load_w])
    view = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT_DAYS, axis=0)
    return np.ascontiguousarray(view.transpose(0, 2, 1)[:, ::-1])


def _level(window: Floats, load_w: Floats) -> tuple[Floats, Floats, Flags]:
    """Level and cut of each day, and which days of its context were alive: a dead one says nothing of the level."""
    peaks = np.max(np.nan_to_num(window, nan=0.0), axis=2)
    ordered = np.sort(peaks, axis=1)
    usual_peak = np.where(ordered[:, -3] > 0, ordered[:, -3], ordered[:, -1])
    most_w = OUTLIER * usual_peak
    alive = (peaks > 0) & (peaks >= LEAST_LEVEL * usual_peak[:, None])
    cut = np.minimum(window, most_w[:, None, None])
    level_w = mean_of(_flat(cut), _flat(np.isfinite(window) & alive[:, :, None]))
    level_w = np.fmax(level_w, LEAST_LEVEL * _mean_so_far(np.minimum(load_w, most_w[1:, None])))
    # A meter that has shown nothing but 0 has no level; 1 keeps its zeros.
    return np.where(np.isfinite(level_w) & (level_w > 0), level_w, 1.0), most_w, alive


def _mean_so_far(load_w: Floats) -> Floats:
    """(days + 1,): mean of all days before each day; 0 before the first."""
    known = np.isfinite(load_w)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, load_w, 0.0).sum(axis=1))])
    counts = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return np.asarray(sums / np.maximum(counts, 1))


def _same_type(workdays: Flags, days: int) -> Flags:
    """(days + 1, 28): whether each day of the context is of the kind of the day itself."""
    before = np.concatenate([np.zeros(CONTEXT_DAYS - 1, dtype=bool), workdays[: days + 1]])
    kinds = np.lib.stride_tricks.sliding_window_view(before, CONTEXT_DAYS)[:, ::-1]
    return np.asarray(kinds == workdays[1 : days + 2, None])


def _flat(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    return values.reshape(len(values), -1)
