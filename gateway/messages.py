"""The vocabulary between edge and cloud. Values only, no I/O.

Times are whole UTC milliseconds (`*_ms`), values are in base units (W, Wh, L, °C).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

Value = bool | int | float | str | None
"""None means that the device has no value now, which is not zero."""

SETTINGS = "Settings"
"""What a CONFIGURE command names instead of a point."""

NODE_SUBJECT = ""
"""Device id of messages about the edge node itself."""


class Quality(IntEnum):
    """Sparkplug 3.0 quality codes."""

    BAD = 0
    GOOD = 192
    STALE = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point at one time."""

    point: str
    value: Value
    measured_ms: int
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """A fact that happened once and must not be lost: a detection, a crossing, a device that fell silent.

    `kind` is a dotted code (`camera.review`, `vehicle.transition`, `device.life`); people's words come from texts.
    `event_id` decides identity: the same id is the same event, however often it arrives.
    """

    event_id: str
    kind: str
    device: str
    occurred_ms: int
    data: Mapping[str, Any] = field(default_factory=dict)


class CommandAction(StrEnum):
    WRITE = "write"
    RELINQUISH = "relinquish"
    CONFIGURE = "configure"


@dataclass(frozen=True, slots=True)
class Command:
    """An order to one writable point or to a device's settings, valid for one edge session (`nonce`), a short time.

    `priority` is BACnet's 1 (highest) to 16; `lease_s` is how long the value holds before it is relinquished.
    `counter` grows with every command of one `issuer`; `value` is in base units, None when relinquishing.
    `settings` (key -> text, such as `params.ct` -> `60`) belong to CONFIGURE, whose `point` is SETTINGS.
    """

    command_id: str
    issuer: str
    counter: int
    group: str
    node: str
    device: str
    point: str
    action: CommandAction
    value: float | None
    priority: int
    lease_s: float
    not_before_ms: int
    expires_ms: int
    nonce: str
    reason: str
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)


class Outcome(StrEnum):
    """Fate of a command."""

    VERIFIED = "verified"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    FAILED = "failed"
    RELINQUISHED = "relinquished"


@dataclass(frozen=True, slots=True)
class CommandReceipt:
    """What the edge did with a command; `reason` is a code, `read_back` the value found after the write."""

    receipt_id: str
    command_id: str
    device: str
    point: str
    outcome: Outcome
    reason: str
    read_back: Value
    at_ms: int


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """The content of one outbox row: the readings of one device and poll, or one event, or one receipt."""

    device: str
    readings: tuple[Reading, ...] = ()
    event: DeviceEvent | None = None
    receipt: CommandReceipt | None = None


@dataclass(frozen=True, slots=True)
class PointBirth:
    """What a birth says of one point: its type and unit for the session, and the last value known."""

    name: str
    datatype: str
    unit: str = ""
    kind: str = "gauge"
    writable: bool = False
    value: Value = None
    measured_ms: int = 0
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class DeviceBirth:
    """A device as it announces itself; `properties` hold profile, building, sub-item, department and names."""

    device: str
    properties: Mapping[str, str]
    points: tuple[PointBirth, ...]
    events: tuple[str, ...] = ()
