"""What a year will come to, told before it is over from its months so far and those of the year before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist, stdev

MONTHS = range(1, 13)
LEAST_MONTHS = 3
"""With fewer months in common the two years cannot be compared."""

LEAST_SPREAD = 0.05
"""No office knows its remaining months better than to a twentieth."""


@dataclass(frozen=True, slots=True)
class YearOutlook:
    """`known` months of the year add up to `so_far`; the whole is `expected` with standard deviation `spread`."""

    known: int
    so_far: float
    expected: float
    spread: float

    def probability_above(self, limit: float) -> float:
        """That the year ends above the limit, by the normal distribution."""
        if self.spread == 0:
            return float(self.expected > limit)
        return 1 - NormalDist(self.expected, self.spread).cdf(limit)


def year_outlook(this_year: Mapping[int, float], last_year: Mapping[int, float]) -> YearOutlook | None:
    """The outlook from amounts by month (1 to 12); None while too few months are known.

    Months to come are those of the year before, scaled by the ratio of the months that both years know. Their spread
    is that of the monthly ratios, taken to be the same error for all of them, which is the cautious assumption.
    """
    missing = [month for month in MONTHS if month not in this_year]
    common = [month for month in this_year if last_year.get(month)]
    so_far = sum(this_year.values())
    if not missing:
        return YearOutlook(len(this_year), so_far, so_far, 0.0)
    if len(common) < LEAST_MONTHS or any(month not in last_year for month in missing):
        return None
    rest = sum(last_year[month] for month in missing)
    ratio = sum(this_year[month] for month in common) / sum(last_year[month] for month in common)
    spread = max(stdev(this_year[month] / last_year[month] for month in common), LEAST_SPREAD * ratio)
    return YearOutlook(len(this_year), so_far, so_far + ratio * rest, spread * rest)
