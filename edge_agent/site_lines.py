"""Buses of the site file that are wires with units on them: how each is reached, and which devices may hang on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from device_profiles.identifiers import Id
from foundation.settings import FrozenModel
from foundation.tls import TlsFiles

Port = Annotated[int, Field(ge=1, le=65_535)]
MODBUS_PORT, MODBUS_TLS_PORT = 502, 802
LAST_SERIAL_UNIT = 247
ADDRESSES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "dlt645": (re.compile(r"\d{12}"), "12 digits"),
    "cjt188": (re.compile(r"[0-9A-Fa-f]{14}"), "14 hexadecimal digits"),
}
"""The profile's `driver` -> the form of its devices' addresses."""


def _mark(text: str) -> str:
    if not text or (text.startswith("hex:") and not re.fullmatch(r"hex:([0-9A-Fa-f]{2})+", text)):
        raise ValueError("must be some text, or hex: and pairs of hexadecimal digits")
    return text


Mark = Annotated[str, AfterValidator(_mark)]


class ModbusTcpBus(FrozenModel):
    """A Modbus TCP endpoint, or a gateway with several units behind it; `port` is 802 with `tls`, else 502.

    `tls` is Modbus/TCP Security; its files are relative to the site file.
    """

    id: Id
    kind: Literal["modbus_tcp"]
    host: str
    port: Port = MODBUS_PORT
    tls: TlsFiles | None = None

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, given: Any) -> Any:
        return {"port": MODBUS_TLS_PORT, **given} if isinstance(given, dict) and given.get("tls") else given


class SerialBus(FrozenModel):
    """A serial port of this box. `settle_ms` replaces the wait after a time-out (default: time-out plus 100 ms)."""

    id: Id
    kind: Literal["serial"]
    port: str = Field(min_length=1)
    baud: int = Field(9600, ge=300, le=921_600)
    format: str = Field("8N1", pattern=r"^[78][NEO][12]$")
    settle_ms: int | None = Field(None, ge=0, le=60_000)


class SerialOverTcpBus(FrozenModel):
    """A transparent serial server: what goes in at its socket comes out on its wire.

    `latency_ms` is added to the time-outs of the profiles, which are those of a wire.
    """

    id: Id
    kind: Literal["serial_over_tcp"]
    host: str
    port: Port
    settle_ms: int | None = Field(None, ge=0, le=60_000)
    latency_ms: int = Field(0, ge=0, le=30_000)


class DialInBus(FrozenModel):
    """A serial server (DTU) that connects to us over a mobile network.

    `registration` is what it sends first, `heartbeat` what it sends from time to time; both as text or `hex:...`.
    Without a registration whoever calls takes the place of the DTU; `anyone` says that this is wanted.
    `latency_ms` is how long a mobile network may hold a reply up; it is added to the time-outs of the profiles.
    """

    id: Id
    kind: Literal["dial_in"]
    listen: str = "0.0.0.0"  # noqa: S104
    port: int = Field(ge=0, le=65_535)
    anyone: bool = False
    registration: Mark | None = Field(None, validate_default=True)
    heartbeat: Mark | None = None
    framing: Literal["rtu", "tcp"] = "rtu"
    settle_ms: int | None = Field(None, ge=0, le=60_000)
    latency_ms: int = Field(1_500, ge=0, le=30_000)

    @field_validator("registration")
    @classmethod
    def _known_or_anyone(cls, registration: str | None, info: ValidationInfo) -> str | None:
        # A wrong `anyone` is told by itself.
        is_open = info.data.get("anyone", registration is None)
        if registration is None and not is_open:
            raise ValueError("missing: what the DTU sends first; to take whoever calls write anyone: true instead")
        if registration is not None and is_open:
            raise ValueError("cannot stand beside anyone: true, which takes whoever calls")
        return registration


LineBus = ModbusTcpBus | SerialBus | SerialOverTcpBus | DialInBus


class Addressed(Protocol):
    """What is needed of a device of the site file."""

    @property
    def id(self) -> str: ...
    @property
    def bus(self) -> str: ...
    @property
    def unit(self) -> int | None: ...
    @property
    def address(self) -> str | None: ...


def check_line_devices(buses: Mapping[str, Any], devices: Sequence[Addressed]) -> None:
    """Raise ValueError for a device that its line cannot reach, or that is there twice."""
    places: list[tuple[str, str]] = []
    for device in devices:
        bus = buses[device.bus]
        if not isinstance(bus, LineBus):
            continue
        if speaks_mbap(bus) and device.unit is None:
            raise ValueError(f"device {device.id}: a Modbus device needs a unit")
        if (device.unit is None) == (device.address is None):
            raise ValueError(f"device {device.id}: needs a unit (Modbus) or an address (DL/T 645, CJ/T 188)")
        if device.unit is not None and not speaks_mbap(bus) and not 1 <= device.unit <= LAST_SERIAL_UNIT:
            raise ValueError(f"device {device.id}: unit {device.unit} is not one of 1 to {LAST_SERIAL_UNIT}")
        places.append((bus.id, str(device.unit) if device.address is None else device.address.upper()))
    for (bus_id, place), count in Counter(places).items():
        if count > 1:
            raise ValueError(f"bus {bus_id}: unit {place} is given to {count} devices")


def check_lines(buses: Sequence[Any]) -> None:
    """Raise ValueError for two buses that want the same wire."""
    ports = Counter(bus.port for bus in buses if isinstance(bus, SerialBus))
    for port, count in ports.items():
        if count > 1:
            raise ValueError(f"serial port {port} is given to {count} buses; one bus carries all languages of a wire")
    callers = [bus for bus in buses if isinstance(bus, DialInBus)]
    for index, bus in enumerate(callers):
        for other in callers[:index]:
            if (bus.listen, bus.port) == (other.listen, other.port) and bus.port and _alike(bus, other):
                reason = "their registrations do not tell them apart"
                raise ValueError(f"buses {other.id} and {bus.id} share port {bus.port}, and {reason}")


def speaks_mbap(bus: LineBus) -> bool:
    """Whether the bus carries Modbus TCP frames, and so nothing but Modbus."""
    return isinstance(bus, ModbusTcpBus) or (isinstance(bus, DialInBus) and bus.framing == "tcp")


def address_mistake(driver: str, unit: int | None, address: str | None) -> str | None:
    """What is wrong with the address of a device of `driver`; None when nothing is."""
    if driver == "modbus":
        return "a Modbus device needs a unit" if unit is None else None
    if driver in ADDRESSES:
        pattern, form = ADDRESSES[driver]
        if address is None or not pattern.fullmatch(address):
            return f"a {driver} device needs {form}, not {address!r}"
    return None


def _alike(one: DialInBus, other: DialInBus) -> bool:
    first, second = sorted((one.registration or "", other.registration or ""), key=len)
    return second.startswith(first)
