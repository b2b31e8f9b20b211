"""How often a condition comes, and how likely it is to come soon: a Gamma posterior over a Poisson rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import gammaincinv

PRIOR_EVENTS, PRIOR_WEEKS = 2.0, 4.0
"""Gamma(2, 4 weeks): before anything is seen, one event in two weeks, believed as firmly as four weeks' watch."""

WEEKS_PER_MONTH = 365.25 / 12 / 7

_DAY_MS = 86_400_000
_WEEK_MS = 7 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Outlook:
    """Expected events per week with the central 90 % interval; `probability` of at least one within the horizon."""

    rate_per_week: float
    low: float
    high: float
    probability: float

    @property
    def rate_per_month(self) -> float:
        return self.rate_per_week * WEEKS_PER_MONTH


def outlook(events_ms: Sequence[int], first_ms: int, now_ms: int, horizon_days: float) -> Outlook:
    """The outlook after watching first <= time < now; events outside that span do not count.

    With posterior Gamma(a, b weeks) the next h weeks hold no event with probability (b / (b + h))^a (Gamma-Poisson
    mixture: Gelman et al., Bayesian Data Analysis, section 2.6). A span that ends before it begins raises ValueError.
    """
    if now_ms < first_ms:
        raise ValueError(f"watched from {first_ms} to {now_ms}")
    shape = PRIOR_EVENTS + sum(first_ms <= at_ms < now_ms for at_ms in events_ms)
    weeks = PRIOR_WEEKS + (now_ms - first_ms) / _WEEK_MS
    return Outlook(
        rate_per_week=shape / weeks,
        low=float(gammaincinv(shape, 0.05)) / weeks,
        high=float(gammaincinv(shape, 0.95)) / weeks,
        probability=1 - (weeks / (weeks + horizon_days / 7)) ** shape,
    )
