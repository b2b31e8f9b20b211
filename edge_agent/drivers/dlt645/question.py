"""One question to a DL/T 645 meter, and the proof that an answer belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from edge_agent.drivers.dlt645.frame import (
    ANY_ADDRESS,
    HAS_FOLLOWING,
    READ_ADDRESS,
    READ_DATA,
    READ_FOLLOWING,
    REFUSAL,
    REPLY,
    Frame,
    build,
    frames_in,
    identifier_bytes,
)
from edge_agent.drivers.identified.frame import LEAD_IN
from foundation.errors import DeviceRefused


@dataclass(frozen=True, slots=True)
class Answer:
    """The data of one frame, without identifier and sequence number; whether the meter has more of them."""

    data: bytes
    has_following: bool = False


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """Exchange for the data of `identifier`; `sequence` 0 asks for the first frame, 1 and up for those that follow."""

    unit: str
    address: bytes
    identifier: int
    sequence: int = 0

    @property
    def is_numbered(self) -> bool:
        return False

    def frame(self) -> bytes:
        asked = identifier_bytes(self.identifier)
        if self.sequence:
            asked += bytes([self.sequence])
        return LEAD_IN + build(self.address, self._control, asked)

    def take(self, buffer: bytearray) -> Answer | None:
        """As Exchange.take, with all that stands before the answer; DeviceRefused bears the meter's error byte.

        Frames of other meters, of other questions, and an echo of the request are passed over.
        """
        for frame in frames_in(bytes(buffer)):
            if frame.address != self.address:
                continue
            if frame.control == self._control + REFUSAL and len(frame.data) == 1:
                del buffer[: frame.end]
                raise DeviceRefused(self.unit, frame.data[0])
            answer = self._answer(frame)
            if answer is not None:
                del buffer[: frame.end]
                return answer
        return None

    @property
    def _control(self) -> int:
        return READ_FOLLOWING if self.sequence else READ_DATA

    def _answer(self, frame: Frame) -> Answer | None:
        own = self._control + REPLY
        if frame.control not in (own, own + HAS_FOLLOWING) or frame.data[:4] != identifier_bytes(self.identifier):
            return None
        data = frame.data[4:]
        if self.sequence:
            if not data or data[-1] != self.sequence:
                return None
            data = data[:-1]
        return Answer(data, frame.control == own + HAS_FOLLOWING)


@dataclass(frozen=True, slots=True)
class AddressQuestion:
    """Exchange for the address of the only meter on a line."""

    unit: str

    @property
    def is_numbered(self) -> bool:
        return False

    def frame(self) -> bytes:
        return LEAD_IN + build(ANY_ADDRESS, READ_ADDRESS)

    def take(self, buffer: bytearray) -> str | None:
        """As Exchange.take: the twelve digits of the meter."""
        for frame in frames_in(bytes(buffer)):
            digits = frame.data[::-1].hex()
            if frame.control == READ_ADDRESS + REPLY and frame.data == frame.address and digits.isdecimal():
                del buffer[: frame.end]
                return digits
        return None
