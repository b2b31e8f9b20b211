"""ForecastRun: what a series is expected to be, with an interval, and how well the method did on unseen days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.core.series import SeriesKey


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """Expected mean over start <= time < end in the series' base unit; `low` to `high` is to hold 90 % of the truth.

    `parts` is what each group of inputs adds, by its code; they add up to `mean`.
    """

    start_ms: int
    end_ms: int
    mean: float
    low: float
    high: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackTest:
    """Rolling day-ahead forecasts of `days` past days, each made from earlier days only.

    `nrmse` is the root mean squared error over the mean load, `persistence_nrmse` that of the mean of the last seven
    days; `coverage` the share of hours inside the interval. None when there were too few days to tell.
    """

    days: int
    nrmse: float | None
    persistence_nrmse: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """One forecast as it was issued; runs are kept. `method` is a code such as `pooled_ridge`, `same_day_type`.

    It was made from `history_days` days before `history_end_ms` and from nothing that came later.
    """

    run_id: str
    institution_id: str
    key: SeriesKey
    made_ms: int
    method: str
    history_days: int
    points: tuple[ForecastPoint, ...]
    back_test: BackTest
    history_end_ms: int | None = None
