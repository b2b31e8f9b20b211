"""Quantities and units: every unit a profile may use, and the exact way to its base unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """`base value = value * factor + offset`, exact in Decimal."""

    symbol: str
    quantity: str
    base: str
    factor: Decimal
    offset: Decimal = Decimal(0)

    def to_base(self, value: Decimal) -> Decimal:
        return value * self.factor + self.offset

    def from_base(self, value: Decimal) -> Decimal:
        return (value - self.offset) / self.factor


def _family(quantity: str, base: str, **factors: str) -> list[Unit]:
    return [Unit(symbol, quantity, base, Decimal(factor)) for symbol, factor in factors.items()]


_UNITS = [
    *_family("power", "W", W="1", kW="1000", MW="1000000"),
    *_family("reactive_power", "var", var="1", kvar="1000"),
    *_family("apparent_power", "VA", VA="1", kVA="1000"),
    *_family("energy", "Wh", Wh="1", kWh="1000", MWh="1000000"),
    *_family("reactive_energy", "varh", varh="1", kvarh="1000"),
    *_family("apparent_energy", "VAh", VAh="1", kVAh="1000"),
    *_family("heat", "J", J="1", MJ="1000000", GJ="1000000000"),
    *_family("heat_flow", "J/h", **{"J/h": "1", "MJ/h": "1000000", "GJ/h": "1000000000"}),
    *_family("voltage", "V", V="1", kV="1000"),
    *_family("current", "A", A="1", mA="0.001"),
    *_family("frequency", "Hz", Hz="1"),
    *_family("volume", "L", L="1", m3="1000"),
    *_family("flow", "L/h", **{"L/h": "1", "m3/h": "1000"}),
    *_family("temperature", "°C", **{"°C": "1"}),
    *_family("humidity", "%RH", **{"%RH": "1"}),
    *_family("irradiance", "W/m2", **{"W/m2": "1"}),
    *_family("speed", "km/h", **{"km/h": "1", "m/s": "3.6", "knot": "1.852"}),
    *_family("distance", "m", m="1", km="1000"),
    *_family("angle", "°", **{"°": "1"}),
    *_family("ratio", "1", **{"1": "1", "%": "0.01"}),
    *_family("count", "count", count="1"),
    *_family("information", "B", B="1", kB="1000", MB="1000000", GB="1000000000"),
    *_family("duration", "s", s="1", ms="0.001", h="3600"),
]
UNITS: dict[str, Unit] = {unit.symbol: unit for unit in _UNITS}


def unit_of(symbol: str) -> Unit:
    """The Unit of a symbol; an unknown one raises ValueError listing the known ones."""
    try:
        return UNITS[symbol]
    except KeyError:
        raise ValueError(f"unknown unit {symbol!r}; known: {', '.join(sorted(UNITS))}") from None
