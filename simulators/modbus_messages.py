"""Modbus requests and answers as bytes (Modbus Application Protocol V1.1b3), seen from the device's side.

Written out here so that the pretend hardware shares no line with the client that it tests.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from device_profiles.profile import Table
from simulators.modbus_device import ILLEGAL_FUNCTION, ILLEGAL_VALUE, ModbusRefusal, ModbusUnit

READS: dict[int, Table] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
WRITES_ONE: dict[int, Table] = {5: "coil", 6: "holding"}
WRITES_MANY: dict[int, Table] = {15: "coil", 16: "holding"}

MOST_WORDS, MOST_COILS = 125, 2000
_COIL_VALUES = {0xFF00: 1, 0x0000: 0}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `words` is what it writes (coils as 0 and 1), None when it reads."""

    function: int
    table: Table
    address: int
    count: int
    words: list[int] | None = None


def answer(unit: ModbusUnit, body: bytes) -> bytes:
    """The unit's answer to a request body (function code and data), an exception answer included."""
    try:
        asked = parse(body)
    except ModbusRefusal as refusal:
        unit.note(body[0], 0, 0)
        return exception(body[0], refusal.code)
    unit.note(asked.function, asked.address, asked.count)
    try:
        if asked.words is not None:
            unit.write(asked.table, asked.address, asked.words)
            return body[:5]
        return _values(asked, unit.read(asked.table, asked.address, asked.count))
    except ModbusRefusal as refusal:
        return exception(asked.function, refusal.code)


def exception(function: int, code: int) -> bytes:
    """An exception answer."""
    return bytes([function | 0x80, code])


def parse(body: bytes) -> Asked:
    """Read a request body; raises ModbusRefusal with the code that the device has to answer."""
    function = body[0]
    try:
        if function in READS:
            return _read(function, READS[function], body)
        if function in WRITES_ONE:
            return _write_one(function, WRITES_ONE[function], body)
        if function in WRITES_MANY:
            return _write_many(function, WRITES_MANY[function], body)
    except struct.error:
        raise ModbusRefusal(ILLEGAL_VALUE) from None
    raise ModbusRefusal(ILLEGAL_FUNCTION)


def _read(function: int, table: Table, body: bytes) -> Asked:
    address, count = struct.unpack(">HH", body[1:])
    most = MOST_COILS if table in ("coil", "discrete") else MOST_WORDS
    if not 1 <= count <= most:
        raise ModbusRefusal(ILLEGAL_VALUE)
    return Asked(function, table, address, count)


def _write_one(function: int, table: Table, body: bytes) -> Asked:
    address, word = struct.unpack(">HH", body[1:])
    if table == "holding":
        return Asked(function, table, address, 1, [word])
    if word not in _COIL_VALUES:
        raise ModbusRefusal(ILLEGAL_VALUE)
    return Asked(function, table, address, 1, [_COIL_VALUES[word]])


def _write_many(function: int, table: Table, body: bytes) -> Asked:
    address, count, size = struct.unpack(">HHB", body[1:6])
    data = body[6:]
    wanted = 2 * count if table == "holding" else (count + 7) // 8
    if count < 1 or size != wanted or len(data) != wanted:
        raise ModbusRefusal(ILLEGAL_VALUE)
    words = list(struct.unpack(f">{count}H", data)) if table == "holding" else _bits(data, count)
    return Asked(function, table, address, count, words)


def _values(asked: Asked, words: list[int]) -> bytes:
    if asked.table in ("holding", "input"):
        return struct.pack(f">BB{len(words)}H", asked.function, 2 * len(words), *words)
    data = bytearray((len(words) + 7) // 8)
    for place, bit in enumerate(words):
        data[place // 8] |= bit << place % 8
    return bytes([asked.function, len(data)]) + bytes(data)


def _bits(data: bytes, count: int) -> list[int]:
    return [data[place // 8] >> place % 8 & 1 for place in range(count)]
