"""The value axis of a chart: round steps that hold zero and every value, and where on it a value lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MOST_STEPS = 5
_ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Axis:
    """`ticks` from the lowest to the highest value shown; `decimals` to write them with."""

    ticks: tuple[Decimal, ...]
    decimals: int

    def place(self, value: Decimal) -> float:
        """Where a value lies, 0 at the bottom, 1 at the top; six digits, as no eye sees more."""
        low, high = self.ticks[0], self.ticks[-1]
        return round(float((value - low) / (high - low)), 6)


def axis_of(values: Sequence[Decimal]) -> Axis:
    """At most MOST_STEPS steps, more when values lie on both sides of zero; without values from 0 to 1."""
    low, high = min([*values, Decimal(0)]), max([*values, Decimal(0)])
    if low == high:
        high = Decimal(1)
    step = _step((high - low) / MOST_STEPS)
    first = int((low / step).to_integral_value(ROUND_FLOOR))
    last = int((high / step).to_integral_value(ROUND_CEILING))
    decimals = max(0, -int(step.normalize().as_tuple().exponent))
    return Axis(tuple(step * place for place in range(first, last + 1)), decimals)


def _step(least: Decimal) -> Decimal:
    """The smallest round step not below `least`."""
    power = Decimal(1).scaleb(least.adjusted())
    return next(power * one for one in _ROUND if power * one >= least)
