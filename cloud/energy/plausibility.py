"""Gates that a figure passes before it is shown without a remark: ranges, jumps against a year ago, prices on bills.

Bounds are those with which delivered audit reports are checked; a figure outside is shown with the remark, not hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from cloud.energy.carrier import Carrier, from_base

RANGES: Mapping[str, tuple[Decimal, Decimal]] = {
    "energy_per_m2": (Decimal(3), Decimal(200)),
    "electricity_per_m2": (Decimal(10), Decimal(400)),
    "energy_per_person": (Decimal(50), Decimal(8000)),
    "water_per_person": (Decimal(1), Decimal(300)),
}
"""Yearly indicators, in the units of the account."""

JUMP_SHARE: Mapping[Carrier, Decimal] = {Carrier.WATER: Decimal("0.25")}
OTHER_JUMP_SHARE = Decimal("0.15")

PRICES_YUAN: Mapping[Carrier, tuple[Decimal, Decimal]] = {
    Carrier.ELECTRICITY: (Decimal("0.4"), Decimal("1.2")),
    Carrier.WATER: (Decimal(2), Decimal(9)),
    Carrier.GAS: (Decimal("2.5"), Decimal(6)),
    Carrier.HEAT: (Decimal(40), Decimal(150)),
}
"""Yuan per display unit; wide around the usual 0.7, 5, 4.2 to 4.6 and 89.6."""


def is_plausible(indicator: str, value: Decimal) -> bool:
    """Whether a yearly indicator lies in its range; one without a range always does."""
    low, high = RANGES.get(indicator, (Decimal("-Infinity"), Decimal("Infinity")))
    return low <= value <= high


def needs_explanation(carrier: Carrier, now: int, year_before: int) -> bool:
    """Whether the step against the same span of the year before is larger than chance and weather allow."""
    if year_before == 0:
        return now != 0
    return abs(Decimal(now - year_before)) / year_before > JUMP_SHARE.get(carrier, OTHER_JUMP_SHARE)


def unit_price_yuan(carrier: Carrier, quantity: int, cost_fen: int) -> Decimal | None:
    """Yuan per display unit; None without a quantity."""
    return Decimal(cost_fen) / 100 / from_base(carrier, quantity) if quantity else None


def is_price_plausible(carrier: Carrier, price_yuan: Decimal) -> bool:
    """Whether a unit price lies in the usual band of its carrier; carriers without one always do."""
    low, high = PRICES_YUAN.get(carrier, (Decimal("-Infinity"), Decimal("Infinity")))
    return low <= price_yuan <= high
