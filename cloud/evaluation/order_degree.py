"""Order parameters and the order degree of a subsystem, as the model of composite system synergy defines them.

Method (Meng and Han 2000): efficacy u = (x - low) / (high - low) where more is better, (high - x) / (high - low) where
less is, within fixed bounds; order degree U = geometric mean of u, or their weighted sum. Bounds are targets or
standards with a version, never the sample's own extremes: otherwise a new period would change the old ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Orientation(StrEnum):
    """Which way is better."""

    MORE = "more"
    LESS = "less"


class Method(StrEnum):
    """How efficacies become an order degree. One efficacy of 0 makes the geometric one 0, not the weighted one."""

    GEOMETRIC = "geometric"
    WEIGHTED = "weighted"


@dataclass(frozen=True, slots=True)
class Bounds:
    """`low` < `high` in the indicator's unit; `version` names the set of targets, `source` where they come from."""

    low: float
    high: float
    version: str
    source: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"bounds must be finite and rise: {self.low}, {self.high}")


def efficacy(value: float, bounds: Bounds, orientation: Orientation) -> tuple[float, bool]:
    """Place of a value between its bounds, 0 to 1, more is better; and whether it lay outside and was clipped."""
    share = (value - bounds.low) / (bounds.high - bounds.low)
    oriented = share if orientation is Orientation.MORE else 1 - share
    return min(1.0, max(0.0, oriented)), not -1e-12 <= oriented <= 1 + 1e-12


def order_degree(
    efficacies: Sequence[float], method: Method = Method.GEOMETRIC, weights: Sequence[float] | None = None
) -> float:
    """Order degree of at least one efficacy; `weights` (of the weighted method) default to equal ones."""
    if not efficacies or not all(0 <= one <= 1 for one in efficacies):
        raise ValueError("an order degree needs efficacies from 0 to 1")
    if method is Method.GEOMETRIC:
        return math.prod(efficacies) ** (1 / len(efficacies))
    shares = weights if weights is not None else [1 / len(efficacies)] * len(efficacies)
    return math.fsum(share * one for share, one in zip(shares, efficacies, strict=True))
