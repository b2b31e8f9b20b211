"""What a host application hears from the edges, decoded: births, deaths, rows, and what could not be understood."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.messages import CommandReceipt, DeviceBirth, DeviceEvent, Reading
from gateway.sparkplug.vocabulary import NodeBirth


@dataclass(frozen=True, slots=True)
class NodeBorn:
    group: str
    node: str
    birth: NodeBirth
    at_ms: int


@dataclass(frozen=True, slots=True)
class NodeLost:
    """The node and all its devices are offline; `at_ms` is the host's clock (a will's time is old)."""

    group: str
    node: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class DeviceBorn:
    group: str
    node: str
    birth: DeviceBirth
    at_ms: int


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """One device is offline; `at_ms` is the edge's clock."""

    group: str
    node: str
    device: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One metric of a row that breaks the contract; `is_reading` when a measured value was lost by it."""

    metric: str
    reason: str
    is_reading: bool


@dataclass(frozen=True, slots=True)
class RowArrived:
    """One row of an edge's stream. A foreign edge has no stream: "" and row 0, never acknowledged.

    `unsynced` of its readings bear a time that no time server stands behind.
    """

    group: str
    node: str
    device: str
    stream: str
    spool: int
    readings: tuple[Reading, ...]
    events: tuple[DeviceEvent, ...]
    receipts: tuple[CommandReceipt, ...]
    faults: tuple[Fault, ...]
    topic: str
    payload: bytes
    unsynced: int = 0


@dataclass(frozen=True, slots=True)
class Malformed:
    """A payload that could not be read at all."""

    topic: str
    payload: bytes
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class RebirthWanted:
    """The host lost track of this node and asks for all its births again."""

    group: str
    node: str
    reason: str


Delivery = NodeBorn | NodeLost | DeviceBorn | DeviceLost | RowArrived | Malformed
