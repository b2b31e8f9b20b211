"""The file that a package travels in: a ZIP of stored members in one exact layout, so that no byte of it is free.

Members are not compressed and carry no times, attributes or comments; the layout is written out here and not left to
a library, whose next version may choose other flags and make old packages look forged.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCAL_MARK, _ENTRY_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _STORED, _MIDNIGHT, _FIRST_DAY = 20, 0, 0, 0x0021
_CRC_IN_LOCAL, _CRC_IN_ENTRY = 14, 16


@dataclass(frozen=True, slots=True)
class Difference:
    """The first byte of a container that is not as it should be; `member` when it lies in that member's headers."""

    offset: int
    member: str | None


def pack(members: Mapping[str, bytes]) -> bytes:
    """The container of these members in the order of their names, which are ASCII."""
    local, directory = bytearray(), bytearray()
    for name, content in sorted(members.items()):
        encoded, crc, size = name.encode("ascii"), zlib.crc32(content), len(content)
        common = (_VERSION, 0, _STORED, _MIDNIGHT, _FIRST_DAY, crc, size, size, len(encoded), 0)
        directory += _ENTRY.pack(_ENTRY_MARK, _VERSION, *common, 0, 0, 0, 0, len(local)) + encoded
        local += _LOCAL.pack(_LOCAL_MARK, *common) + encoded + content
    count = len(members)
    return bytes(local + directory + _END.pack(_END_MARK, 0, 0, count, count, len(directory), len(local), 0))


def unpack(content: bytes) -> dict[str, bytes] | None:
    """The members of a container, changed or not; None when neither its headers nor its directory lead to them."""
    by_headers, by_directory = _by_headers(content), _by_directory(content)
    if by_headers is None or by_directory is None or by_headers == by_directory:
        return by_headers if by_directory is None else by_directory
    # One changed byte in a size or name leads only one of the two astray: the one that packs back is right.
    return min((by_headers, by_directory), key=lambda found: _count_different(content, pack(found)))


def first_difference(content: bytes, members: Mapping[str, bytes], changed: Collection[str]) -> Difference | None:
    """Where a container is not `pack(members)`; checksums of members known to be `changed` are not looked at."""
    wanted = bytearray(pack(members))
    owners = _owners(members)
    for offset, name in owners:
        is_entry = wanted[offset : offset + 4] == _ENTRY_MARK
        crc = slice(*(offset + (_CRC_IN_ENTRY if is_entry else _CRC_IN_LOCAL) + end for end in (0, 4)))
        if name in changed and len(content) == len(wanted):
            wanted[crc] = content[crc]
    if bytes(wanted) == content:
        return None
    pairs = zip(wanted, content, strict=False)
    at = next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(wanted), len(content)))
    before = [owner for owner in owners if owner[0] <= at]
    is_end = at >= len(wanted) - _END.size
    return Difference(at, before[-1][1] if before and not is_end else None)


def _owners(members: Mapping[str, bytes]) -> list[tuple[int, str]]:
    """Offset of every header, local ones first, with the member it belongs to."""
    names = sorted(members)
    owners, at = [], 0
    for name in names:
        owners.append((at, name))
        at += _LOCAL.size + len(name) + len(members[name])
    for name in names:
        owners.append((at, name))
        at += _ENTRY.size + len(name)
    return owners


def _by_headers(content: bytes) -> dict[str, bytes] | None:
    found: dict[str, bytes] = {}
    at = 0
    while content[at : at + 4] == _LOCAL_MARK and at + _LOCAL.size <= len(content):
        fields = _LOCAL.unpack_from(content, at)
        start = at + _LOCAL.size + fields[9] + fields[10]
        name = _name(content[at + _LOCAL.size : at + _LOCAL.size + fields[9]])
        if name is None or name in found or start + fields[7] > len(content):
            return None
        found[name] = content[start : start + fields[7]]
        at = start + fields[7]
    return found if content[at : at + 4] in (_ENTRY_MARK, _END_MARK) else None


def _by_directory(content: bytes) -> dict[str, bytes] | None:
    if len(content) < _END.size or content[-_END.size : -_END.size + 4] != _END_MARK:
        return None
    *_, count, _size, at, _comment = _END.unpack_from(content, len(content) - _END.size)
    found: dict[str, bytes] = {}
    for _ in range(count):
        if content[at : at + 4] != _ENTRY_MARK or at + _ENTRY.size > len(content):
            return None
        fields = _ENTRY.unpack_from(content, at)
        name = _name(content[at + _ENTRY.size : at + _ENTRY.size + fields[10]])
        start = fields[16] + _LOCAL.size + fields[10]
        if name is None or name in found or start + fields[8] > len(content):
            return None
        found[name] = content[start : start + fields[8]]
        at += _ENTRY.size + fields[10] + fields[11] + fields[12]
    return found


def _name(encoded: bytes) -> str | None:
    """A plain file name; None for anything that could lead out of a folder."""
    text = encoded.decode("ascii", "replace")
    is_plain = text.isprintable() and not text.startswith(".") and not {"/", "\\", "\ufffd"} & set(text)
    return text if text and is_plain else None


def _count_different(one: bytes, other: bytes) -> int:
    return sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))
