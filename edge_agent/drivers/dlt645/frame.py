"""Frames of DL/T 645-2007: 68H, address, 68H, control, length, data, checksum, 16H.

Address (12 BCD digits) and data identifier travel low byte first; every data byte is sent with 33H added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge_agent.drivers.identified.frame import START, FrameShape, close_frame, find_frames

READ_DATA = 0x11
READ_FOLLOWING = 0x12
READ_ADDRESS = 0x13
REPLY = 0x80
REFUSAL = 0xC0
HAS_FOLLOWING = 0x20
"""Added to the control code of a request: the meter's answer, its refusal; and that more frames follow."""

ANY_ADDRESS = b"\xaa" * 6
"""Every meter answers to it: only where one alone is on the line."""

_OFFSET = 0x33
SHAPE = FrameShape(length_at=9, second_start_at=7)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `address` as it travels, `data` without the 33H, `end` the offset behind it where it was found."""

    address: bytes
    control: int
    data: bytes
    end: int = 0


def address_bytes(digits: str) -> bytes:
    """Twelve decimal digits, as printed on the meter, to the six bytes that travel; ValueError for anything else."""
    if len(digits) != 12 or not digits.isascii() or not digits.isdigit():
        raise ValueError("a DL/T 645 address has 12 decimal digits")
    return bytes.fromhex(digits)[::-1]


def identifier_bytes(identifier: int) -> bytes:
    """A data identifier as it travels."""
    return identifier.to_bytes(4, "little")


def build(address: bytes, control: int, data: bytes = b"") -> bytes:
    """The bytes to send, without lead-in."""
    head = bytes([START]) + address + bytes([START, control])
    return close_frame(head, bytes((byte + _OFFSET) % 256 for byte in data))


def frames_in(received: bytes) -> Iterator[Frame]:
    """Every whole frame among `received` bytes, in order."""
    for found in find_frames(received, SHAPE):
        data = bytes((byte - _OFFSET) % 256 for byte in found.frame[SHAPE.data_at : -2])
        yield Frame(found.frame[1:7], found.frame[8], data, found.end)
