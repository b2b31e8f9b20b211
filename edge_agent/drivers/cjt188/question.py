"""One question to a CJ/T 188 meter, and the proof that an answer belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge_agent.drivers.cjt188.frame import (
    ANY_ADDRESS,
    ANY_TYPE,
    READ_ADDRESS,
    READ_DATA,
    REFUSAL,
    REPLY,
    Frame,
    build,
    frames_in,
)
from edge_agent.drivers.identified.frame import LEAD_IN
from foundation.errors import DeviceRefused


@dataclass(slots=True)
class DataQuestion:
    """Exchange for the data of `identifier` (two bytes as they travel); `serials` numbers every attempt.

    The meter repeats the number, so that a late answer is known. Among other languages and noise the stream cannot be
    kept in step by it, therefore the line does not count this language as numbered.
    """

    unit: str
    meter_type: int
    address: bytes
    identifier: bytes
    serials: Iterator[int]
    serial: int = 0

    @property
    def is_numbered(self) -> bool:
        return False

    def frame(self) -> bytes:
        self.serial = next(self.serials)
        return LEAD_IN + build(self.meter_type, self.address, READ_DATA, self.identifier + bytes([self.serial]))

    def take(self, buffer: bytearray) -> bytes | None:
        """As Exchange.take: the data behind identifier and serial number; DeviceRefused bears the meter's status word.

        Frames of other meters, of other questions, late answers to
        earlier ones and an echo of the request are passed over.
        """
        for frame in frames_in(bytes(buffer)):
            if (frame.meter_type, frame.address) != (self.meter_type, self.address):
                continue
            if frame.control == READ_DATA + REFUSAL and len(frame.data) == 3 and frame.data[0] == self.serial:
                del buffer[: frame.end]
                raise DeviceRefused(self.unit, int.from_bytes(frame.data[1:], "little"))
            if frame.control == READ_DATA + REPLY and frame.data[:3] == self.identifier + bytes([self.serial]):
                del buffer[: frame.end]
                return frame.data[3:]
        return None


_ADDRESS_ID = 0x810A


@dataclass(frozen=True, slots=True)
class FoundMeter:
    """A meter that told its own type code and address (14 hex digits, high byte first)."""

    meter_type: int
    address: str


@dataclass(frozen=True, slots=True)
class AddressQuestion:
    """Exchange for type and address of the only meter that answers to `meter_type` and `address` (as it travels).

    The standard knows a call to every address, or to one; none to a part of them. `is_high_first` as its maker sends
    identifiers.
    """

    unit: str
    is_high_first: bool = False
    meter_type: int = ANY_TYPE
    address: bytes = ANY_ADDRESS

    @property
    def is_numbered(self) -> bool:
        return False

    def frame(self) -> bytes:
        return LEAD_IN + build(self.meter_type, self.address, READ_ADDRESS, self._asked)

    def take(self, buffer: bytearray) -> FoundMeter | None:
        """As Exchange.take."""
        for frame in frames_in(bytes(buffer)):
            if frame.control == READ_ADDRESS + REPLY and frame.data == self._asked and self._is_called(frame):
                del buffer[: frame.end]
                return FoundMeter(frame.meter_type, frame.address[::-1].hex())
        return None

    @property
    def _asked(self) -> bytes:
        return _ADDRESS_ID.to_bytes(2, "big" if self.is_high_first else "little") + bytes(1)

    def _is_called(self, frame: Frame) -> bool:
        is_type = self.meter_type in (ANY_TYPE, frame.meter_type)
        return is_type and self.address in (ANY_ADDRESS, frame.address) and frame.address != ANY_ADDRESS
