"""Synergy degree of a composite system: whether its subsystems become more orderly together between two periods.

Method (Meng and Han 2000): C = theta * (product of |change of U_j|)^(1/k), theta = 1 when no subsystem falls, else -1;
weighted variant theta * sum of lambda_j |change of U_j|. One that falls turns the sign of the whole, and the product
hides which: so every change, the list of those that fall, and the net change are always published with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

STANDSTILL = 1e-9
"""A smaller change of an order degree is none; theta is not defined for it."""

BANDS = ((0.0, "none"), (0.2, "weak"), (0.5, "low"), (0.8, "medium"), (1.0, "high"))
"""Highest value of each band and its code; in practice yearly values are small."""


@dataclass(frozen=True, slots=True)
class Synergy:
    """`stalled` are subsystems that did not move: with any, `degree` is 0. `net` is the weighted sum of the changes."""

    degree: float
    weighted_degree: float
    net: float
    changes: Mapping[str, float]
    falling: tuple[str, ...]
    stalled: tuple[str, ...]

    @property
    def band(self) -> str:
        return next((code for edge, code in BANDS if self.degree <= edge), BANDS[-1][1])


def synergy(
    earlier: Mapping[str, float], later: Mapping[str, float], weights: Mapping[str, float] | None = None
) -> Synergy:
    """Synergy of the subsystems known in both periods, at least two; `weights` default to equal ones, sum 1."""
    names = sorted(set(earlier) & set(later))
    if len(names) < 2:
        raise ValueError("synergy needs at least two subsystems known in both periods")
    shares = weights if weights is not None else dict.fromkeys(names, 1 / len(names))
    changes = {name: later[name] - earlier[name] for name in names}
    falling = tuple(name for name, change in changes.items() if change <= -STANDSTILL)
    stalled = tuple(name for name, change in changes.items() if abs(change) < STANDSTILL)
    sign = -1.0 if falling else 1.0
    product = math.prod(abs(change) for change in changes.values())
    weighted = math.fsum(shares[name] * abs(change) for name, change in changes.items())
    return Synergy(
        degree=0.0 if stalled else sign * product ** (1 / len(names)),
        weighted_degree=0.0 if stalled else sign * weighted,
        net=math.fsum(shares[name] * change for name, change in changes.items()),
        changes=changes,
        falling=falling,
        stalled=stalled,
    )
