"""Frames from 68H over a length byte and a checksum to 16H, found in whatever a shared wire brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START = 0x68
END = 0x16
LEAD_IN = b"\xfe" * 4
"""Wakes receivers; a sender puts up to four of these bytes before its frame, receivers pass over them."""


@dataclass(frozen=True, slots=True)
class FrameShape:
    """Offsets from the first byte, 68H: of the length byte, and of a second 68H where the language has one."""

    length_at: int
    second_start_at: int | None = None

    @property
    def data_at(self) -> int:
        """Offset of the first data byte."""
        return self.length_at + 1


@dataclass(frozen=True, slots=True)
class FoundFrame:
    """A whole frame, from 68H to 16H, and the offset behind it in the bytes it was found in."""

    frame: bytes
    end: int


def close_frame(head: bytes, data: bytes) -> bytes:
    """`head` (from 68H to the control code) with length, data, checksum and 16H. At most 255 bytes of data."""
    body = head + bytes([len(data)]) + data
    return body + bytes([sum(body) % 256, END])


def find_frames(received: bytes, shape: FrameShape) -> Iterator[FoundFrame]:
    """Every whole frame with a right checksum, in order.

    A 68H that begins none (garbage, a damaged or half frame) is passed over by one byte, so that it hides no frame
    behind it.
    """
    at = received.find(START)
    while at >= 0:
        frame = _frame_at(received, at, shape)
        if frame is None:
            at = received.find(START, at + 1)
            continue
        yield FoundFrame(frame, at + len(frame))
        at = received.find(START, at + len(frame))


def stray_bytes(received: bytes, shape: FrameShape) -> bytes:
    """What of `received` belongs to no whole frame and is no lead-in."""
    stray, at = b"", 0
    for found in find_frames(received, shape):
        stray += received[at : found.end - len(found.frame)]
        at = found.end
    return (stray + received[at:]).replace(LEAD_IN[:1], b"")


def _frame_at(received: bytes, at: int, shape: FrameShape) -> bytes | None:
    if at + shape.length_at >= len(received):
        return None
    if shape.second_start_at is not None and received[at + shape.second_start_at] != START:
        return None
    end = at + shape.data_at + received[at + shape.length_at] + 2
    frame = received[at:end]
    if end > len(received) or frame[-1] != END or sum(frame[:-2]) % 256 != frame[-2]:
        return None
    return frame
