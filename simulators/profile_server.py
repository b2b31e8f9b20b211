"""Serves one device of any profile: for tests that need a real socket, and for trying out a profile by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from decimal import Decimal

from device_profiles.profile import Profile
from foundation.clock import Clock, SystemClock
from foundation.errors import ConfigError
from foundation.rng import Rng, SystemRng
from simulators.devices import FixedDevice
from simulators.identified_meters import identified_meter
from simulators.modbus_device import Fault, FaultKind, ModbusUnit, Request
from simulators.modbus_server import ModbusEndpoint
from simulators.plausible import PlausibleDevice, plausible_values
from simulators.serial_wire import SerialWire, WireServer
from simulators.words import Content

ADDRESS_DIGITS = {"dlt645": 12, "cjt188": 14}


class ServedProfile:
    """Handle to a served device: its address, its values, its faults, and what it was asked."""

    def __init__(self, endpoint: ModbusEndpoint, unit_id: int, model: FixedDevice) -> None:
        self.endpoint, self.unit_id = endpoint, unit_id
        self._model = model

    @property
    def host(self) -> str:
        return self.endpoint.host

    @property
    def port(self) -> int:
        return self.endpoint.port

    @property
    def unit(self) -> ModbusUnit:
        return self.endpoint.units[self.unit_id]

    @property
    def requests(self) -> tuple[Request, ...]:
        """The last requests that reached the unit."""
        return tuple(self.unit.requests)

    @property
    def values(self) -> Mapping[str, Content]:
        """The values now, in base units; a client's writes included."""
        return self._model.values(0)

    def set(self, values: Mapping[str, Content]) -> None:
        """Change values (base units); the next request sees them."""
        self._model.set(values)
        self.unit.touch()

    def inject(self, kind: FaultKind | str, amount: float = 0.0, points: tuple[str, ...] = ()) -> None:
        """Start a fault, see Fault."""
        self.unit.inject(Fault(FaultKind(kind), amount, points))

    def heal(self) -> None:
        """End all faults."""
        self.unit.heal()


@contextlib.asynccontextmanager
async def serve_profile(
    profile: Profile,
    values: Mapping[str, Content] | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    unit: int = 1,
    params: Mapping[str, Decimal] | None = None,
    clock: Clock | None = None,
    rng: Rng | None = None,
) -> AsyncIterator[ServedProfile]:
    """Serve one unit of `profile` with fixed `values` (base units, by point); the others are plausible."""
    model = FixedDevice({**plausible_values(profile), **(values or {})})
    device = ModbusUnit(profile, model, clock or SystemClock(), rng or SystemRng(), params)
    async with ModbusEndpoint({unit: device}, host, port) as endpoint:
        yield ServedProfile(endpoint, unit, model)


async def serve_one(
    profile: Profile,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    unit: int = 1,
    announce: Callable[[str, int], None] | None = None,
) -> None:
    """Serve a plausible device of `profile` until cancelled; `announce` is given host and port once it listens.

    A Modbus device is served over Modbus TCP; a meter of DL/T 645 or CJ/T 188 as behind a serial server, its address
    is `unit` with zeros before it. Raises ConfigError for a profile of another kind, or a port that is taken.
    """
    endpoint = _endpoint_of(profile, host, port, unit)
    try:
        await endpoint.start()
    except OSError as error:
        raise ConfigError("simulate", "port", f"{host}:{port}: {error.strerror or error}") from error
    try:
        if announce is not None:
            announce(endpoint.host, endpoint.port)
        await asyncio.Event().wait()
    finally:
        await endpoint.stop()


def _endpoint_of(profile: Profile, host: str, port: int, unit: int) -> ModbusEndpoint | WireServer:
    clock = SystemClock()
    model = PlausibleDevice(profile, clock.now_ms())
    if profile.driver in ADDRESS_DIGITS:
        meter = identified_meter(profile, f"{unit:0{ADDRESS_DIGITS[profile.driver]}d}", model, clock)
        return WireServer(SerialWire([meter]), host, port)
    if profile.driver != "modbus":
        raise ConfigError(profile.id, "driver", f"{profile.driver} devices are played by a compound, not alone")
    return ModbusEndpoint({unit: ModbusUnit(profile, model, clock, SystemRng())}, host, port)
