"""Coupling coordination: how evenly, and at which level, subsystems are developed at one time.

Method: C = n * (product of U_i)^(1/n) / sum of U_i, T = sum of alpha_i U_i, D = sqrt(C * T). C alone misleads, equal
but low systems give C = 1; so D and T are always shown with it. Leaving out the factor n is the usual error (Liu 2017).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

GRADES = (
    "extreme_disorder",
    "severe_disorder",
    "moderate_disorder",
    "mild_disorder",
    "near_disorder",
    "barely_coordinated",
    "primary_coordination",
    "intermediate_coordination",
    "good_coordination",
    "superior_coordination",
)
"""Grades of D in steps of a tenth; each edge belongs to the lower grade."""

_EDGES = tuple(step / 10 for step in range(1, 10))


@dataclass(frozen=True, slots=True)
class Coupling:
    """`coupling` C is None when all order degrees are 0; `level` T, `coordination` D and its grade's code."""

    coupling: float | None
    level: float
    coordination: float
    grade: str


def coupling(order_degrees: Mapping[str, float], weights: Mapping[str, float] | None = None) -> Coupling:
    """Coupling of at least two order degrees from 0 to 1; `weights` default to equal ones, sum 1."""
    values = list(order_degrees.values())
    if len(values) < 2 or not all(0 <= one <= 1 for one in values):
        raise ValueError("coupling needs at least two order degrees from 0 to 1")
    shares = weights if weights is not None else dict.fromkeys(order_degrees, 1 / len(values))
    level = math.fsum(shares[name] * one for name, one in order_degrees.items())
    total = math.fsum(values)
    if total == 0:
        return Coupling(None, 0.0, 0.0, GRADES[0])
    evenness = min(1.0, len(values) * math.prod(values) ** (1 / len(values)) / total)
    coordination = math.sqrt(evenness * level)
    return Coupling(evenness, level, coordination, grade_of(coordination))


def grade_of(coordination: float) -> str:
    """The grade of D; 0.1 and below is the lowest, above 0.9 the highest."""
    # Rounded far below what is shown, so that a computed 0.1 is not one bit above its edge.
    return GRADES[bisect_left(_EDGES, round(coordination, 12))]


def pairwise_coupling(order_degrees: Mapping[str, float]) -> dict[str, dict[str, Coupling]]:
    """Coupling of every two subsystems: who holds whom back."""
    matrix: dict[str, dict[str, Coupling]] = {name: {} for name in order_degrees}
    for one, other in combinations(order_degrees, 2):
        found = coupling({one: order_degrees[one], other: order_degrees[other]})
        matrix[one][other] = matrix[other][one] = found
    return matrix
