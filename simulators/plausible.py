"""Values that a lone device of any model could show, for trying out a profile without a compound."""

from __future__ import annotations

from collections.abc import Mapping

from device_profiles.profile import Point, Profile, WritablePoint
from simulators.words import Content

RATE_PER_H = 12_000
"""How fast the counters of a lone device grow, in base units (Wh, L) per hour."""

_TYPICAL: dict[str, float] = {
    "voltage": 230.0, "current": 18.0, "power": 12_000.0, "reactive_power": 3_900.0, "apparent_power": 12_600.0,
    "frequency": 50.0, "flow": 1_200.0, "temperature": 24.0, "humidity": 55.0, "irradiance": 400.0,
}  # fmt: skip
_BY_NAME: dict[str, Content] = {
    "PowerFactor/Total": 0.95, "Signal/Quality": 92, "Energy/Active/Export": 0, "Inverter/State": 4,
}  # fmt: skip


class PlausibleDevice:
    """A device of which only the profile is known: steady gauges, counters that grow, and set values kept."""

    def __init__(self, profile: Profile, started_ms: int) -> None:
        self._values = plausible_values(profile)
        self._counters = [point.name for point in profile.all_points if _grows(point)]
        self._writable = {point.name for point in profile.writable}
        self._started_ms = started_ms

    def values(self, at_ms: int) -> Mapping[str, Content]:
        grown = RATE_PER_H * (at_ms - self._started_ms) // 3_600_000
        return {**self._values, **dict.fromkeys(self._counters, 1_000_000 + grown)}

    def write(self, point: str, value: float, at_ms: int) -> None:
        if point not in self._writable:
            raise KeyError(point)
        self._values[point] = value

    def state(self) -> dict[str, float]:
        return {name: float(self._values[name]) for name in self._writable}


def plausible_values(profile: Profile) -> dict[str, Content]:
    """A value in base units for every point of `profile`, inside its range."""
    return {point.name: _plausible(point) for point in profile.all_points}


def _grows(point: Point) -> bool:
    return point.kind == "counter" and _named(point) is None


def _named(point: Point) -> Content | None:
    """A value that goes with the name, unless the device would say with it that it has none."""
    value = _BY_NAME.get(point.name)
    return None if value in point.sentinel else value


def _plausible(point: Point) -> Content:
    if point.kind == "text":
        return ""
    if isinstance(point, WritablePoint):
        return float(point.display_unit.to_base(point.safe_value))
    named = _named(point)
    if named is not None:
        return named
    if point.kind == "counter":
        return 1_000_000
    if point.kind == "state":
        return 0
    value = _TYPICAL.get(point.display_unit.quantity, 1.0)
    if "/L" in point.name and point.display_unit.quantity == "power":
        value /= 3
    if point.range is None:
        return value
    low, high = (float(point.display_unit.to_base(limit)) for limit in point.range)
    return min(max(value, low), high)
