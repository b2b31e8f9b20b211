"""Entropy weights: a criterion that tells the objects apart counts more than one that is the same for all.

Method: p = x / sum of x, e = - sum of p ln p / ln m with 0 ln 0 = 0, weight proportional to 1 - e (Shannon; see Elsayed
2017). Criteria are turned to more-is-better, from 0 up, before they come here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

LEAST_OBJECTS = 3
_SAME = 1e-12


def entropy_weights(rows: Sequence[Sequence[float]]) -> list[float]:
    """Weights of the columns of a complete matrix (objects x criteria), sum 1; needs three objects or more."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if len(rows) < LEAST_OBJECTS:
        raise ValueError(f"entropy weights need at least {LEAST_OBJECTS} objects")
    return _weights([divergence(column) for column in columns])


def weights_of_criteria(columns: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Weights where not every object has every criterion: each column counts over the objects that have it.

    A column of fewer than three objects tells nothing of its own and takes the mean divergence of the others.
    """
    known = {name: divergence(values) for name, values in columns.items() if len(values) >= LEAST_OBJECTS}
    mean = math.fsum(known.values()) / len(known) if known else 0.0
    weights = _weights([known.get(name, mean) for name in columns])
    return dict(zip(columns, weights, strict=True))


def divergence(column: Sequence[float]) -> float:
    """1 - e of one criterion, from 0 (the same for all) to 1."""
    if any(not math.isfinite(one) or one < 0 for one in column):
        raise ValueError("entropy weights need finite values from 0 up")
    total = math.fsum(column)
    if total == 0 or max(column) - min(column) <= _SAME * total:
        return 0.0
    shares = [one / total for one in column if one > 0]
    return 1 + math.fsum(share * math.log(share) for share in shares) / math.log(len(column))


def _weights(divergences: Sequence[float]) -> list[float]:
    """In proportion to the divergences; equal ones when no criterion tells anything."""
    total = math.fsum(divergences)
    return [one / total if total else 1 / len(divergences) for one in divergences]
