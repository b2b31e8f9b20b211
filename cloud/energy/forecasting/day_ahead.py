"""The forecasting method itself: from a meter's past days to a function for the next one, by how much is known.

A few days: the mean of days of the same kind. Some weeks: the pooled prior. From 28 days on: the prior, and a ridge
on what it leaves unexplained of this meter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from cloud.energy.forecasting.context import HOURS, Context, Days, Flags, Floats, IsWorkday, contexts, targets
from cloud.energy.forecasting.features import IS_SEASON, NAMES, SAME_TYPE, features
from cloud.energy.forecasting.ridge import Linear, Moments, solve

LEAST_DAYS = 3
"""Known days of the last 28 without which nothing is forecast."""

POOLED_FROM_DAYS = 7
OWN_FROM_DAYS = 28
SEASON_FROM_DAYS = 511
"""1.4 years: with fewer a season cannot be told from a trend."""

REFIT_DAYS = 7
BASE_PENALTY_DAYS = 30.0


class Method(StrEnum):
    """How a day is forecast; NONE when it is not."""

    NONE = "none"
    SAME_DAY_TYPE = "same_day_type"
    POOLED = "pooled"
    POOLED_RIDGE = "pooled_ridge"


@dataclass(frozen=True, slots=True)
class Study:
    """A meter's days as the method sees them, the day after the last included: `x` (n, 24, features).

    `target` (n - 1, 24) is what the days came to; `history_days` (n,) counts the known days before each day.
    """

    days: Days
    context: Context
    x: Floats
    target: Floats
    workdays: Flags
    history_days: npt.NDArray[np.int64]

    @classmethod
    def of(cls, days: Days, is_workday: IsWorkday, eve_w: Floats | None = None) -> Study:
        workdays = days.workdays(is_workday)
        context = contexts(days, workdays, eve_w)
        history = np.concatenate([[0], np.cumsum(days.is_known)])
        x = features(days, context, workdays)
        return cls(days, context, x, targets(days, context), workdays, history)

    @property
    def is_workday(self) -> Flags:
        """(n,)."""
        return self.workdays[1:-1]

    def method(self, place: int) -> Method:
        """How the day at `place` is forecast."""
        if self.context.known[place].sum() < LEAST_DAYS:
            return Method.NONE
        if self.context.alive[place].sum() < POOLED_FROM_DAYS:
            return Method.SAME_DAY_TYPE
        return Method.POOLED if self.history_days[place] < OWN_FROM_DAYS else Method.POOLED_RIDGE

    def expect(self, places: slice, model: Linear) -> Floats:
        """(places, 24) in W; NaN for days that are not forecast."""
        x, level_w = self.x[places], self.context.level_w[places]
        expected = np.maximum(model.predict(x), 0.0)
        for row, place in enumerate(range(len(self.x))[places]):
            method = self.method(place)
            if method in (Method.NONE, Method.SAME_DAY_TYPE):
                expected[row] = x[row, :, SAME_TYPE] if method is Method.SAME_DAY_TYPE else np.nan
        return np.asarray(expected * level_w[:, None])


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the days up to some day have taught about this meter beyond the prior."""

    prior: Linear
    sums: Moments

    @classmethod
    def of(cls, study: Study, prior: Linear, end: int) -> Lessons:
        """From all days before the place `end`."""
        return cls(prior, Moments.none(len(NAMES))).and_of(study, 0, end)

    def and_of(self, study: Study, start: int, end: int) -> Lessons:
        """With the days start <= place < end added."""
        x = study.x[start:end]
        return Lessons(self.prior, self.sums.plus(Moments.of(x, study.target[start:end] - self.prior.predict(x))))

    def model(self, history_days: int) -> Linear:
        """The function for the next day."""
        taught = float(self.sums.days.max(initial=0.0))
        if history_days < OWN_FROM_DAYS or taught < 1:
            return self.prior
        used = ~IS_SEASON | (history_days >= SEASON_FROM_DAYS)
        return self.prior.plus(solve(self.sums, own_penalty_days(taught), BASE_PENALTY_DAYS, used))


def own_penalty_days(taught_days: float) -> float:
    """How much the own ridge is held back: strongly at four weeks, hardly after a year.

    Chosen on public meters of two continents, see `benchmarks.forecast`.
    """
    return 30.0 + 20_000.0 / taught_days


@dataclass(frozen=True, slots=True)
class Rolling:
    """Past days as they would have been forecast on their eve, from earlier days alone: `expected_w` (n - 1, 24).

    `models` holds the function of each day by its place; both begin at the place `start`, before it all is NaN.
    """

    start: int
    expected_w: Floats
    models: dict[int, Linear]


def roll(study: Study, prior: Linear, start: int) -> Rolling:
    """Forecast every day from the place `start` on; the function is fitted anew at the start of each week."""
    expected_w = np.full((len(study.days), HOURS), np.nan)
    models: dict[int, Linear] = {}
    first = max(start, 0)
    lessons = Lessons.of(study, prior, first)
    while first < len(study.days):
        end = min(_next_refit(study, first), len(study.days))
        model = lessons.model(int(study.history_days[first]))
        expected_w[first:end] = study.expect(slice(first, end), model)
        models |= dict.fromkeys(range(first, end), model)
        lessons = lessons.and_of(study, first, end)
        first = end
    return Rolling(max(start, 0), expected_w, models)


def _next_refit(study: Study, place: int) -> int:
    """Weeks are counted from a fixed day, so that a longer history does not move them."""
    return place + REFIT_DAYS - (study.days.first_day.toordinal() + place) % REFIT_DAYS
