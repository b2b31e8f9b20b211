"""Frames of CJ/T 188: 68H, meter type, address, control, length, data, checksum, 16H.

The address (14 hex digits, the maker's code in the first four) travels low byte first. Data are the identifier, a
serial number that the reply repeats, and the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge_agent.drivers.identified.frame import START, FrameShape, close_frame, find_frames

READ_DATA = 0x01
READ_ADDRESS = 0x03
REPLY = 0x80
REFUSAL = 0xC0
"""Added to the control code of a request: the meter's answer, and its refusal."""

ANY_TYPE, ANY_ADDRESS = 0xAA, b"\xaa" * 7
"""Every meter answers to them: only where one alone is on the line."""

TYPES_IN_USE = (0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x22, 0x30)
"""Type codes: cold, hot, drinking and reclaimed water; heat, cooling and both; gas."""
TYPES = tuple(family + kind for family in (0x10, 0x20, 0x30, 0x40) for kind in range(10))
"""All that the standard allots: water, heat, gas, and others such as electricity."""

SHAPE = FrameShape(length_at=10)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `address` as it travels, `end` the offset behind it where it was found."""

    meter_type: int
    address: bytes
    control: int
    data: bytes
    end: int = 0


def address_bytes(digits: str) -> bytes:
    """Fourteen hex digits, high byte first, to the seven bytes that travel; ValueError for anything else."""
    if len(digits) != 14:
        raise ValueError("a CJ/T 188 address has 14 hex digits")
    try:
        address = bytes.fromhex(digits)
    except ValueError:
        address = b""
    if len(address) != 7:
        raise ValueError("a CJ/T 188 address has 14 hex digits")
    return address[::-1]


def build(meter_type: int, address: bytes, control: int, data: bytes = b"") -> bytes:
    """The bytes to send, without lead-in."""
    return close_frame(bytes([START, meter_type]) + address + bytes([control]), data)


def frames_in(received: bytes) -> Iterator[Frame]:
    """Every whole frame among `received` bytes, in order."""
    for found in find_frames(received, SHAPE):
        frame = found.frame
        yield Frame(frame[1], frame[2:9], frame[9], frame[SHAPE.data_at : -2], found.end)
