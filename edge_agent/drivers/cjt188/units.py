"""The unit codes that stand behind values of CJ/T 188. Heat is counted in joules and power in watts, flow in L/h."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from device_profiles.quantity import Unit


def _heat(symbol: str, joules: str) -> Unit:
    return Unit(symbol, "heat", "J", Decimal(joules))


UNIT_CODES: Mapping[int, Unit] = {
    0x01: _heat("J", "1"),
    0x02: _heat("Wh", "3600"),
    0x05: _heat("kWh", "3.6E6"),
    0x08: _heat("MWh", "3.6E9"),
    0x0A: _heat("100 MWh", "3.6E11"),
    0x0B: _heat("kJ", "1E3"),
    0x0E: _heat("MJ", "1E6"),
    0x11: _heat("GJ", "1E9"),
    0x13: _heat("100 GJ", "1E11"),
    0x14: Unit("W", "power", "W", Decimal(1)),
    0x17: Unit("kW", "power", "W", Decimal(1000)),
    0x1A: Unit("MW", "power", "W", Decimal(1_000_000)),
    0x29: Unit("L", "volume", "L", Decimal(1)),
    0x2C: Unit("m3", "volume", "L", Decimal(1000)),
    0x32: Unit("L/h", "flow", "L/h", Decimal(1)),
    0x35: Unit("m3/h", "flow", "L/h", Decimal(1000)),
}
"""Code -> unit."""
