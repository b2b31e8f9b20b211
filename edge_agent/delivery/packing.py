"""Makes the body of a row small: compressed against what earlier bodies of the device looked like, its time apart.

Each row is packed by itself, so that it can be read, sent and deleted by itself. A packed body begins with a byte that
no Sparkplug payload begins with; any other body stands as it is.
"""

from __future__ import annotations

import struct
import zlib

_HEAD = struct.Struct(">BHH")
"""Form, dictionary and checksum; a varint follows: how long after the first metric's time the row was put (ms)."""
_TIMED, _UNTIMED = 0, 1
_FIXED_TIME = b"\x18\x80\x80\x80\x80\x80\x20"
"""The timestamp field of a Sparkplug metric with a time (2^40) that stands for the row's own."""
_METRIC, _NAME, _TIMESTAMP = 0x12, 0x0A, 0x18


def pack(body: bytes, put_ms: int, number: int, dictionary: bytes) -> bytes:
    """The packed form by dictionary `number`, or `body` itself where packing does not help."""
    form, age_ms, plain = _UNTIMED, 0, body
    first_ms = _first_time(body)
    if first_ms is not None and 0 <= put_ms - first_ms < 2**31:
        replaced = body.replace(_time_field(first_ms), _FIXED_TIME)
        if replaced.replace(_FIXED_TIME, _time_field(first_ms)) == body:
            form, age_ms, plain = _TIMED, put_ms - first_ms, replaced
    packer = zlib.compressobj(6, zlib.DEFLATED, -15, 9, zdict=dictionary)
    head = _HEAD.pack(form, number, zlib.crc32(body) & 0xFFFF) + _as_varint(age_ms)
    packed = head + packer.compress(plain) + packer.flush()
    return packed if len(packed) < len(body) or not body or body[0] <= _UNTIMED else body


def dictionary_of(stored: bytes) -> int | None:
    """The number of the dictionary that a stored body needs; None when it is not packed."""
    is_packed = len(stored) >= _HEAD.size and stored[0] <= _UNTIMED
    return int(_HEAD.unpack_from(stored)[1]) if is_packed else None


def unpack(stored: bytes, put_ms: int, dictionary: bytes) -> bytes:
    """The body as it was put; ValueError when the stored bytes are damaged."""
    form, _, checksum = _HEAD.unpack_from(stored)
    try:
        age_ms, start = _varint(stored, _HEAD.size)
        unpacker = zlib.decompressobj(-15, zdict=dictionary)
        body = unpacker.decompress(stored[start:]) + unpacker.flush()
    except (zlib.error, IndexError) as error:
        raise ValueError(str(error)) from error
    if form == _TIMED:
        body = body.replace(_FIXED_TIME, _time_field(put_ms - age_ms))
    if zlib.crc32(body) & 0xFFFF != checksum:
        raise ValueError("the checksum of a row is wrong")
    return body


def sample(body: bytes) -> bytes:
    """What a dictionary should hold of a body."""
    first_ms = _first_time(body)
    return body if first_ms is None else body.replace(_time_field(first_ms), _FIXED_TIME)


def _first_time(body: bytes) -> int | None:
    """The time of the first metric, when the body begins with a metric of a name and a time (ms, positive)."""
    try:
        if body[0] != _METRIC:
            return None
        _, at = _varint(body, 1)
        if body[at] != _NAME:
            return None
        length, at = _varint(body, at + 1)
        at += length
        return _varint(body, at + 1)[0] if body[at] == _TIMESTAMP else None
    except IndexError:
        return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def _time_field(at_ms: int) -> bytes:
    return bytes((_TIMESTAMP,)) + _as_varint(at_ms)


def _as_varint(value: int) -> bytes:
    if value < 0:
        raise ValueError(f"{value} is negative")
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
