"""Frames of JT/T 808: delimiters, escapes, checksum, header (JT/T 808-2011 and -2019, chapter 4).

7E header body checksum 7E; inside, 7E is sent as 7D 02 and 7D as 7D 01; the checksum is the XOR of header and body.
Header: message id u16, attributes u16 (bits 0-9 body length, 10-12 encryption, 13 subpackages, 14 the 2019 form),
in the 2019 form a version u8, terminal number as BCD (6 bytes, 10 in the 2019 form), serial u16, and with subpackages
their count u16 and the number of this one u16 from 1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

from foundation.errors import ContractError

MARK, ESCAPE = 0x7E, 0x7D
LONGEST_BODY = 1023
LONGEST_FRAME = 2 * (LONGEST_BODY + 21 + 1)
"""Escaped bytes between two marks: the longest body, header and checksum, every byte escaped."""

_PACKED, _FORM_2019, _ENCRYPTED = 1 << 13, 1 << 14, 0b111 << 10


@dataclass(frozen=True, slots=True)
class Package:
    """Which part of a long message this is; `number` counts from 1."""

    count: int
    number: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, or one part of it. `terminal` are the BCD digits as they were sent, leading zeros included.

    `version` is None in the 2011 and 2013 forms.
    """

    message_id: int
    terminal: str
    serial: int
    body: bytes
    version: int | None = None
    package: Package | None = None


class FrameCutter:
    """Cuts a stream of bytes at its marks; holds at most one frame, whatever arrives."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_too_long = False
        self.discarded = 0
        """Bytes outside any frame since the last frame that could be one."""

    def feed(self, data: bytes) -> list[bytes]:
        """The escaped contents of the frames that `data` completes."""
        *ended, rest = data.split(bytes([MARK]))
        found = []
        for part in ended:
            self._hold(part)
            if self._held and not self._is_too_long:
                found.append(bytes(self._held))
                self.discarded = 0
            self._held.clear()
            self._is_too_long = False
        self._hold(rest)
        return found

    def _hold(self, part: bytes) -> None:
        if self._is_too_long or len(self._held) + len(part) > LONGEST_FRAME:
            self.discarded += len(self._held) + len(part)
            self._held.clear()
            self._is_too_long = True
        else:
            self._held += part


def decode(content: bytes) -> Frame:
    """The frame of the escaped bytes between two marks; what breaks the form raises ContractError."""
    plain = _unescape(content)
    if len(plain) < 13:
        raise ContractError(f"a frame of {len(plain)} bytes")
    if reduce(xor, plain):
        raise ContractError("wrong checksum")
    message_id, attributes = struct.unpack_from(">HH", plain)
    if attributes & _ENCRYPTED:
        raise ContractError("encrypted")
    is_2019 = bool(attributes & _FORM_2019)
    start, size = (5, 10) if is_2019 else (4, 6)
    header = start + size + 2 + (4 if attributes & _PACKED else 0)
    if len(plain) != header + (attributes & LONGEST_BODY) + 1:
        raise ContractError(f"a body of {len(plain) - header - 1} bytes instead of {attributes & LONGEST_BODY}")
    package = None
    if attributes & _PACKED:
        package = Package(*struct.unpack_from(">HH", plain, start + size + 2))
        if not 1 <= package.number <= package.count:
            raise ContractError(f"part {package.number} of {package.count}")
    return Frame(
        message_id,
        plain[start : start + size].hex(),
        struct.unpack_from(">H", plain, start + size)[0],
        plain[header:-1],
        plain[4] if is_2019 else None,
        package,
    )


def encode(frame: Frame) -> bytes:
    """The bytes of a frame, marks included. `body` has at most LONGEST_BODY bytes; ours need no parts."""
    attributes = len(frame.body) | (0 if frame.version is None else _FORM_2019)
    version = b"" if frame.version is None else bytes([frame.version])
    plain = struct.pack(">HH", frame.message_id, attributes) + version + bytes.fromhex(frame.terminal)
    plain += struct.pack(">H", frame.serial) + frame.body
    plain += bytes([reduce(xor, plain)])
    escaped = plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return bytes([MARK]) + escaped + bytes([MARK])


def _unescape(content: bytes) -> bytes:
    head, *tails = content.split(bytes([ESCAPE]))
    plain = bytearray(head)
    for tail in tails:
        if tail[:1] not in (b"\x01", b"\x02"):
            raise ContractError("an escape that is none")
        plain.append(ESCAPE if tail[0] == 1 else MARK)
        plain += tail[1:]
    return bytes(plain)
