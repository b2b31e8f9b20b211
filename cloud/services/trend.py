"""Whether weekly counts rise, fall or surge: robust against single weeks, and silent when there are too few."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from scipy.special import gammainc

LEAST_WEEKS = 8
SURE_Z = 1.6448536269514722
"""A trend is told when it would come by chance less than once in ten times, to either side."""

LEAST_SURGE_WEEKS = 4
LEAST_SURGE = 3
SURGE_CHANCE = 0.01


@dataclass(frozen=True, slots=True)
class Trend:
    """`per_week` is the robust slope in requests per week and week; `is_sure` when it is no play of chance."""

    per_week: float
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Surge:
    """The newest week against the mean of those before; `chance` of so many or more in an ordinary week."""

    newest: int
    usual: float
    chance: float

    @property
    def is_sure(self) -> bool:
        return self.newest >= LEAST_SURGE and self.chance <= SURGE_CHANCE


def trend_of(weeks: Sequence[int]) -> Trend | None:
    """Theil-Sen slope and Mann-Kendall test over counts in the order of time; None below eight weeks.

    Sources: P. K. Sen, JASA 63, 1968; M. G. Kendall, Rank Correlation Methods, with the correction for ties.
    """
    if len(weeks) < LEAST_WEEKS:
        return None
    pairs = list(combinations(range(len(weeks)), 2))
    slope = median((weeks[later] - weeks[earlier]) / (later - earlier) for earlier, later in pairs)
    score = sum(_sign(weeks[later] - weeks[earlier]) for earlier, later in pairs)
    variance = _variance(weeks)
    z = 0.0 if variance == 0 or score == 0 else (score - _sign(score)) / math.sqrt(variance)
    return Trend(slope, abs(z) >= SURE_Z and slope != 0)


def surge_of(weeks: Sequence[int]) -> Surge | None:
    """The newest week as a Poisson count with the mean of the earlier ones; None below five weeks in all.

    Half a request is added to what was seen (Jeffreys' prior), so that a service that is new is not a surge.
    """
    *earlier, newest = weeks or (0,)
    if len(earlier) < LEAST_SURGE_WEEKS:
        return None
    mean = (sum(earlier) + 0.5) / len(earlier)
    chance = float(gammainc(newest, mean)) if newest else 1.0
    return Surge(newest, fmean(earlier), chance)


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _variance(weeks: Sequence[int]) -> float:
    count = len(weeks)
    ties = sum(n * (n - 1) * (2 * n + 5) for n in (weeks.count(value) for value in set(weeks)))
    return (count * (count - 1) * (2 * count + 5) - ties) / 18
