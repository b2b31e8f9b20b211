"""The pretend end of one bus of a compound: a Modbus TCP endpoint, a serial server, or a DTU that calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from foundation.clock import Clock
from simulators.compound import Bus
from simulators.dtu import Dtu
from simulators.modbus_device import ModbusUnit
from simulators.modbus_server import ModbusEndpoint
from simulators.rtu_unit import RtuUnit
from simulators.serial_wire import SerialWire, WireServer

HEARTBEAT_S = 30.0


class BusServer(Protocol):
    """What runs behind one bus; host and port are where it listens, or whom it calls."""

    host: str
    port: int

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


def bus_server(bus: Bus, units: Mapping[int, ModbusUnit], host: str, port: int, clock: Clock) -> BusServer:
    """The server of `bus`, not yet started; raises OSError from its start when the port is taken."""
    if bus.link == "modbus_tcp":
        return ModbusEndpoint(units, host, port)
    wire = SerialWire([RtuUnit(number, unit) for number, unit in units.items()])
    if bus.link == "serial_over_tcp":
        return WireServer(wire, host, port)
    return Dtu(
        wire,
        host,
        bus.calls_port or port,
        clock,
        registration=bus.registration or bus.id,
        heartbeat=bus.heartbeat or "",
        heartbeat_s=HEARTBEAT_S,
    )
