"""Why energy use has changed: exact decomposition of a difference into the effects of its factors.

Method: LMDI-I, additive (Ang 2005): with E = x1 * x2 * ... the effect of factor k is L(E_T, E_0) * ln(x_k,T / x_k,0),
where L is the logarithmic mean. The effects add up to the difference without a residual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decomposition:
    """`change` is the later minus the earlier product; `effects` by factor add up to it."""

    change: float
    effects: Mapping[str, float]
    earlier: Mapping[str, float]
    later: Mapping[str, float]


def decompose(earlier: Mapping[str, float], later: Mapping[str, float]) -> Decomposition:
    """Effects of the factors of a product; both mappings have the same keys, values are finite and not negative.

    Zeros follow the limits of Ang and Liu 2007: a difference to a product of 0 belongs to the factors that are 0.
    """
    _check(earlier, later)
    before, after = math.prod(earlier.values()), math.prod(later.values())
    change = after - before
    if before == 0 or after == 0:
        effects = _at_zero(earlier if before == 0 else later, change)
    else:
        logarithms = {name: math.log(later[name] / earlier[name]) for name in earlier}
        whole = math.fsum(logarithms.values())
        mean = change / whole if abs(whole) > 1e-6 else math.sqrt(before * after) * (1 + whole * whole / 24)
        effects = {name: mean * logarithm for name, logarithm in logarithms.items()}
    return Decomposition(change, effects, dict(earlier), dict(later))


def energy_factors(
    energy: float, persons: float, area_m2: float, normalised_energy: float | None = None, days: float | None = None
) -> dict[str, float]:
    """Energy as persons x area per person x intensity; x days and x weather where these are given.

    With `days` the intensity is per day, so that months of different length can be compared. With
    `normalised_energy` it is that under normal weather, and weather is what the real weather added or took.
    """
    at_normal_weather = energy if normalised_energy is None else normalised_energy
    factors = {} if days is None else {"days": days}
    factors |= {
        "persons": persons,
        "area_per_person": area_m2 / persons,
        "intensity": at_normal_weather / area_m2 / (days or 1.0),
    }
    return factors if normalised_energy is None else {**factors, "weather": energy / normalised_energy}


def _at_zero(side: Mapping[str, float], change: float) -> dict[str, float]:
    zeros = [name for name, value in side.items() if value == 0]
    return {name: change / len(zeros) if name in zeros and change else 0.0 for name in side}


def _check(earlier: Mapping[str, float], later: Mapping[str, float]) -> None:
    if set(earlier) != set(later) or not earlier:
        raise ValueError("both sides need the same factors")
    for value in (*earlier.values(), *later.values()):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"a factor must be finite and not negative: {value}")
