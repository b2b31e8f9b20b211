"""Columns of values as few bytes: whole numbers by their differences, floats by byte planes, all else as JSON.

A value comes back as exactly what it was: an integer of any 64-bit size, a float, a text, or None.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate, islice
from operator import sub

Stored = int | float | str | None
"""What SQLite holds of a reading's value; booleans are 0 and 1 there."""

_HEAD = struct.Struct("<cIq")
"""Kind of a column, its bytes, and its first value if it is one of whole numbers."""
_WIDTHS = (("b", 2**7), ("h", 2**15), ("i", 2**31), ("q", 2**63))
_FLOATS, _MIXED, _EMPTY = b"d", b"j", b"0"
_LEVEL = 6


def pack(*columns: Sequence[Stored]) -> bytes:
    """Columns of one block, compressed."""
    return zlib.compress(b"".join(map(_packed, columns)), _LEVEL)


def unpack(packed: bytes) -> list[Sequence[Stored]]:
    """The columns that `pack` was given."""
    data, place, columns = zlib.decompress(packed), 0, []
    while place < len(data):
        kind, size, first = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        columns.append(_unpacked(kind, data[place : place + size], first))
        place += size
    return columns


def _packed(values: Sequence[Stored]) -> bytes:
    kinds = set(map(type, values))
    if not values:
        return _HEAD.pack(_EMPTY, 0, 0)
    if kinds == {int} and (whole := _packed_whole(values)):  # type: ignore[arg-type]
        return whole
    if kinds == {float}:
        numbers = _little(array("d", values))  # type: ignore[type-var, arg-type]
        return _with_head(_FLOATS, b"".join(numbers[plane::8] for plane in range(8)))
    return _with_head(_MIXED, json.dumps(values, separators=(",", ":")).encode())


def _packed_whole(values: Sequence[int]) -> bytes:
    """Nothing when the differences do not fit into 64 bits."""
    steps = list(map(sub, islice(values, 1, None), values))
    least, most = min(steps, default=0), max(steps, default=0)
    for kind, limit in _WIDTHS:
        if -limit <= least and most < limit:
            return _with_head(kind.encode(), _little(array(kind, steps)), values[0])
    return b""


def _with_head(kind: bytes, data: bytes, first: int = 0) -> bytes:
    return _HEAD.pack(kind, len(data), first) + data


def _unpacked(kind: bytes, data: bytes, first: int) -> Sequence[Stored]:
    if kind == _EMPTY:
        return ()
    if kind == _MIXED:
        values: list[Stored] = json.loads(data)
        return values
    if kind == _FLOATS:
        planes = len(data) // 8
        numbers = bytearray(len(data))
        for plane in range(8):
            numbers[plane::8] = data[plane * planes : (plane + 1) * planes]
        return _from_little("d", bytes(numbers))
    return list(accumulate(_from_little(kind.decode(), data), initial=first))


def _little(numbers: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _from_little(kind: str, data: bytes) -> list[int] | list[float]:
    numbers = array(kind)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()
