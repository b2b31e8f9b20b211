"""What each kind of device knows and does: meters report a load, actuators change one. Values in base units."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from simulators.leak import Flow
from simulators.loads import Lag, Load
from simulators.words import Content

PHASE_SHARES = (0.35, 0.33, 0.32)
POWER_FACTOR = 0.93
ROOM_TAU_S = 120.0

OFF, HEAT, FAN_ONLY, COOL = 0, 1, 3, 4
"""Switch off, and the modes of an Intesis gateway that matter for the load (0 is automatic, 2 dry)."""

Control = Callable[[float, int], None]
"""Tells a load by how much a device multiplies it, from a time on."""


class DeviceModel(Protocol):
    """The inner life of one simulated device."""

    def values(self, at_ms: int) -> Mapping[str, Content]:
        """Value of each point at one time."""
        ...

    def write(self, point: str, value: float, at_ms: int) -> None:
        """Somebody sets a point; raises KeyError for a point that cannot be set."""
        ...

    def state(self) -> dict[str, float]:
        """Points that were set and must outlive a restart."""
        ...


class ElectricMeter:
    """A three-phase meter on a load; `number` makes its voltages differ a little from its neighbours'."""

    def __init__(self, load: Load, number: int) -> None:
        self._load, self._number = load, number

    def values(self, at_ms: int) -> Mapping[str, Content]:
        power_w, energy_wh = self._load.power_w(at_ms), self._load.energy_wh(at_ms)
        slow = at_ms / 1000 / 97 + self._number
        apparent_va = power_w / POWER_FACTOR
        values: dict[str, Content] = {
            "Power/Active/Total": power_w,
            "Power/Apparent/Total": apparent_va,
            "Power/Reactive/Total": math.sqrt(max(apparent_va**2 - power_w**2, 0.0)),
            "PowerFactor/Total": POWER_FACTOR,
            "Frequency": 50 + 0.02 * math.sin(at_ms / 1000 / 31),
            "Energy/Active/Import": energy_wh,
            "Energy/Active/Total": energy_wh,
            "Energy/Active/Export": 0,
        }
        for phase, share in enumerate(PHASE_SHARES, 1):
            volts = 229 + 2.5 * math.sin(slow + phase)
            values[f"Voltage/L{phase}"] = volts
            values[f"Power/Active/L{phase}"] = power_w * share
            values[f"Current/L{phase}"] = power_w * share / POWER_FACTOR / volts
        return values

    def write(self, point: str, value: float, at_ms: int) -> None:
        raise KeyError(point)

    def state(self) -> dict[str, float]:
        return {}


class WaterMeter:
    """An ultrasonic meter on a synthetic flow (litres per hour)."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def values(self, at_ms: int) -> Mapping[str, Content]:
        return {
            "Flow": self._flow.value(at_ms),
            "Volume/Positive": self._flow.integral(at_ms),
            "Status/Error": 0,
            "Signal/Quality": round(91 + 3 * math.sin(at_ms / 1000 / 53)),
        }

    def write(self, point: str, value: float, at_ms: int) -> None:
        raise KeyError(point)

    def state(self) -> dict[str, float]:
        return {}


class AirConditioner:
    """A gateway to a building's air conditioning: set-point, switch and mode multiply its part of the load.

    The load grows by `gain` per degree that the set-point asks more of it than `reference_c` (below it when cooling,
    above when heating). The default gain is about twice a real plant's, so that a demonstration shows it in seconds.
    """

    def __init__(self, reference_c: float, gain: float, control: Control, started_ms: int) -> None:
        self._reference_c, self._gain, self._control = reference_c, gain, control
        self._set: dict[str, float] = {"Switch": 1, "Mode": COOL, "Fan": 0, "Setpoint/Temperature": reference_c}
        self._room = Lag(reference_c, ROOM_TAU_S, started_ms)

    def values(self, at_ms: int) -> Mapping[str, Content]:
        return {**self._set, "Temperature/Room": self._room.at(at_ms)}

    def write(self, point: str, value: float, at_ms: int) -> None:
        if point not in self._set:
            raise KeyError(point)
        self._set[point] = value
        self._control(self._multiplier(), at_ms)
        self._room.aim(self._set["Setpoint/Temperature"] if self._set["Switch"] else self._reference_c + 3, at_ms)

    def state(self) -> dict[str, float]:
        return dict(self._set)

    def _multiplier(self) -> float:
        if self._set["Switch"] == OFF:
            return 0.03
        if self._set["Mode"] == FAN_ONLY:
            return 0.25
        wanted = self._reference_c - self._set["Setpoint/Temperature"]
        if self._set["Mode"] == HEAT:
            wanted = -wanted
        return min(max(1 + self._gain * wanted, 0.2), 2.6)


class RelayBoard:
    """Relays on normally closed contacts, so that a board without power leaves the light on: 1 sheds a circuit."""

    def __init__(self, names: Sequence[str], share: float, control: Control) -> None:
        self._relays = dict.fromkeys(names, 0.0)
        self._share, self._control = share, control

    def values(self, at_ms: int) -> Mapping[str, Content]:
        return dict(self._relays)

    def write(self, point: str, value: float, at_ms: int) -> None:
        if point not in self._relays:
            raise KeyError(point)
        self._relays[point] = float(bool(value))
        shed = sum(self._relays.values()) / len(self._relays)
        self._control(1 - self._share * shed, at_ms)

    def state(self) -> dict[str, float]:
        return dict(self._relays)


class FixedDevice:
    """Holds the values it was given; every point may be set."""

    def __init__(self, values: Mapping[str, Content]) -> None:
        self._values: dict[str, Content] = dict(values)

    def values(self, at_ms: int) -> Mapping[str, Content]:
        return dict(self._values)

    def write(self, point: str, value: float, at_ms: int) -> None:
        self._values[point] = value

    def set(self, values: Mapping[str, Content]) -> None:
        """Take over other values."""
        self._values.update(values)

    def state(self) -> dict[str, float]:
        return {}
