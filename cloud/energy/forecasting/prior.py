"""The pooled prior: what hundreds of meter-months of other buildings say about tomorrow, as one table per hour.

It forecasts a meter from its first weeks on, before that meter has taught anything itself. The table is trained by
`benchmarks.support.train_prior`; its file names the data and their licence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cloud.energy.forecasting.context import Days, Floats, IsWorkday, contexts, targets
from cloud.energy.forecasting.features import IS_POOLED, NAMES, SAME_TYPE, features
from cloud.energy.forecasting.ridge import Linear, Moments, solve
from foundation.errors import ConfigError

TABLE = Path(__file__).parent / "prior.json"
SCHEMA = "xietong.forecast_prior/1"
PENALTY_DAYS = 30.0
_LEAST_ERROR = 0.01
"""No meter is so regular that it may drown the others."""


def learn(meters: Iterable[Days], is_workday: IsWorkday) -> Linear:
    """One function for all meters, each weighing as much as the others however unruly it is.

    A meter's squared errors are divided by those of the same-day-type mean: what counts is the share that is won.
    """
    total = Moments.none(len(NAMES))
    days = weighted = 0.0
    for meter in meters:
        workdays = meter.workdays(is_workday)
        context = contexts(meter, workdays)
        x, y = features(meter, context, workdays)[:-1], targets(meter, context)
        squares = (y - x[:, :, SAME_TYPE]) ** 2
        weight = 1 / max(float(np.nanmean(squares)), _LEAST_ERROR**2)
        sums = Moments.of(x, y)
        total = total.plus(sums.times(weight))
        days, weighted = days + float(sums.days.sum()), weighted + float(sums.days.sum()) * weight
    return solve(total.times(days / weighted), PENALTY_DAYS, 0.0, IS_POOLED)


def dump_prior(prior: Linear, about: dict[str, Any], path: Path) -> None:
    """Write the table with what is known `about` it; equal tables give equal bytes."""
    names = [name for name, pooled in zip(NAMES, IS_POOLED, strict=True) if pooled]
    content = {
        "schema": SCHEMA,
        **about,
        "features": names,
        "base": _rounded(prior.base),
        "weights": _rounded(prior.weights[:, IS_POOLED]),
        "centre": _rounded(prior.centre[:, IS_POOLED]),
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=0).replace(",\n", ", ") + "\n", encoding="utf-8")


@cache
def load_prior(path: Path = TABLE) -> Linear:
    """The shipped table; one of other features raises ConfigError."""
    content = json.loads(path.read_text(encoding="utf-8"))
    names = [name for name, pooled in zip(NAMES, IS_POOLED, strict=True) if pooled]
    if content.get("schema") != SCHEMA or content.get("features") != names:
        raise ConfigError(path, "features", "this table was trained for other features; train it again")
    base = np.array(content["base"])
    return Linear(base, _whole(content["weights"]), _whole(content["centre"]))


def _whole(pooled: list[list[float]]) -> Floats:
    whole = np.zeros((len(pooled), len(NAMES)))
    whole[:, IS_POOLED] = pooled
    return whole


def _rounded(values: Floats) -> Any:
    return np.round(values, 6).tolist()
