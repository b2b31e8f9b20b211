"""What is metered and paid for: carriers of energy, and water, with the whole base unit in which each is counted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Carrier(StrEnum):
    """Items of the national statistics that this product accounts for; petrol to diesel are metered in litres."""

    ELECTRICITY = "electricity"
    WATER = "water"
    GAS = "gas"
    HEAT = "heat"
    PETROL = "petrol"
    KEROSENE = "kerosene"
    DIESEL = "diesel"
    COAL = "coal"
    LPG = "lpg"


LIQUID_FUELS = frozenset({Carrier.PETROL, Carrier.KEROSENE, Carrier.DIESEL})
"""Sold by volume, converted by mass: every conversion needs a density."""

UNITS: Mapping[Carrier, Mapping[str, int]] = {
    Carrier.ELECTRICITY: {"Wh": 1, "kWh": 1000},
    Carrier.WATER: {"L": 1, "m3": 1000},
    Carrier.GAS: {"L": 1, "m3": 1000},
    Carrier.HEAT: {"J": 1, "MJ": 1_000_000, "GJ": 1_000_000_000},
    Carrier.PETROL: {"mL": 1, "L": 1000},
    Carrier.KEROSENE: {"mL": 1, "L": 1000},
    Carrier.DIESEL: {"mL": 1, "L": 1000},
    Carrier.COAL: {"g": 1, "kg": 1000, "t": 1_000_000},
    Carrier.LPG: {"g": 1, "kg": 1000, "t": 1_000_000},
}
"""Base units per unit; the first is the base unit itself."""

DISPLAY_UNITS: Mapping[Carrier, str] = {carrier: list(units)[-1] for carrier, units in UNITS.items()}
"""The unit in which people, bills and factors speak of a carrier."""

_MASS_UNITS = {"kg": 1, "t": 1000}


def base_unit(carrier: Carrier) -> str:
    """The unit in which quantities of this carrier are whole numbers."""
    return next(iter(UNITS[carrier]))


def to_base(carrier: Carrier, amount: Decimal, unit: str, density_kg_per_l: Decimal | None = None) -> int:
    """An amount in whole base units, halves rounded up.

    Raises ValueError for a unit that this carrier is not counted in, and for a liquid fuel given by mass without its
    density.
    """
    if unit in UNITS[carrier]:
        base = amount * UNITS[carrier][unit]
    elif carrier in LIQUID_FUELS and unit in _MASS_UNITS:
        if density_kg_per_l is None:
            raise ValueError(f"{carrier} in {unit} needs a density")
        base = amount * _MASS_UNITS[unit] / density_kg_per_l * UNITS[carrier]["L"]
    else:
        raise ValueError(f"{carrier} is not counted in {unit}")
    return int(base.to_integral_value(ROUND_HALF_UP))


def from_base(carrier: Carrier, quantity: int, unit: str | None = None) -> Decimal:
    """A quantity in `unit` (else the display unit), exact."""
    return Decimal(quantity) / UNITS[carrier][unit or DISPLAY_UNITS[carrier]]
