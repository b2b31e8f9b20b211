"""Lines of the site file put in service: how each is reached, and which languages its devices speak on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from edge_agent.drivers.cjt188.device import cjt188_meter
from edge_agent.drivers.dlt645.device import dlt645_meter
from edge_agent.drivers.driver import DeviceDriver, InstalledDevice
from edge_agent.drivers.line.dial_in import DialInDoors, DialInSlot
from edge_agent.drivers.line.line import Line
from edge_agent.drivers.line.serial_link import SerialFormat, serial_dial
from edge_agent.drivers.modbus.device import ModbusDevice
from edge_agent.drivers.modbus.framing import Framing, MbapFraming, RtuFraming
from edge_agent.site_lines import DialInBus, LineBus, ModbusTcpBus, SerialBus, SerialOverTcpBus, speaks_mbap
from foundation.clock import Clock
from foundation.errors import ConfigError
from foundation.link import Dial, tcp_dial

DialledBus = ModbusTcpBus | SerialBus | SerialOverTcpBus
DialFactory = Callable[[DialledBus], Dial]


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line in service with its devices; `install` and `remove` change them while the others are asked."""

    line: Line
    drivers: Mapping[str, DeviceDriver]
    install: Callable[[InstalledDevice], DeviceDriver]
    remove: Callable[[InstalledDevice], None]
    counters: Callable[[], Mapping[str, int]]
    close: Callable[[], Awaitable[None]]


def dial_line(bus: DialledBus) -> Dial:
    """The way to a line that we connect to. ConfigError for TLS files that are missing or wrong."""
    if isinstance(bus, SerialBus):
        return serial_dial(bus.port, SerialFormat(bus.baud, bus.format))
    if isinstance(bus, SerialOverTcpBus) or bus.tls is None:
        return tcp_dial(bus.host, bus.port)
    return tcp_dial(bus.host, bus.port, tls=bus.tls.tls(f"buses.{bus.id}.tls"))


def open_line(
    bus: LineBus, devices: Sequence[InstalledDevice], clock: Clock, dial_factory: DialFactory, doors: DialInDoors
) -> OpenLine:
    """Nothing is sent yet. ConfigError for devices the line cannot carry, wrong files, a DTU that is not told apart."""
    slot: DialInSlot | None = None
    if isinstance(bus, DialInBus):
        slot = doors.door(bus.listen, bus.port, clock).expect(bus.id, bus.registration, bus.heartbeat)
    line = Line(
        bus.id,
        dial_factory(bus) if not isinstance(bus, DialInBus) else _dial_of(slot),
        clock,
        settle_s=_settle_s(bus),
        latency_s=0.0 if isinstance(bus, ModbusTcpBus | SerialBus) else bus.latency_ms / 1000,
        byte_s=SerialFormat(bus.baud, bus.format).byte_s if isinstance(bus, SerialBus) else 0.0,
    )
    framing: Framing = MbapFraming() if speaks_mbap(bus) else RtuFraming()

    def install(one: InstalledDevice) -> DeviceDriver:
        return _driver(bus, line, framing, one, clock)

    def remove(one: InstalledDevice) -> None:
        line.forget(f"{line.name}/{one.device.unit if one.device.address is None else one.device.address}")

    def counters() -> Mapping[str, int]:
        return {**asdict(line.counters), **(asdict(slot.counters) if slot else {})}

    async def close() -> None:
        await line.close()
        if slot is not None:
            await slot.close()

    return OpenLine(line, {one.id: install(one) for one in devices}, install, remove, counters, close)


def _dial_of(slot: DialInSlot | None) -> Dial:
    assert slot is not None
    return slot.dial


def _settle_s(bus: LineBus) -> float | None:
    settle_ms = None if isinstance(bus, ModbusTcpBus) else bus.settle_ms
    return None if settle_ms is None else settle_ms / 1000


def _driver(bus: LineBus, line: Line, framing: Framing, one: InstalledDevice, clock: Clock) -> DeviceDriver:
    language, device = one.profile.driver, one.device
    if language == "modbus" and device.unit is not None:
        return ModbusDevice(line, framing, device.unit, one.profile, device.params, clock)
    if not speaks_mbap(bus) and device.address is not None:
        if language == "dlt645":
            return dlt645_meter(line, device.address, one.profile, device.params, clock)
        if language == "cjt188":
            return cjt188_meter(line, device.address, one.profile, device.params, clock)
    reason = f"a device of driver {language} cannot hang on bus {bus.id} ({bus.kind})"
    raise ConfigError("site", f"devices.{one.id}.bus", reason)
