"""The position report of JT/T 808 (message 0200, and the items of a batch 0704) as fields for the profile.

28 bytes: alarm bits u32, status bits u32 (0 ignition, 1 fix, 2 south, 3 west), latitude and longitude u32 in 1e-6
degrees, altitude u16 m, speed u16 in 0.1 km/h, course u16, time as BCD YYMMDDhhmmss at UTC+8; then items of id u8,
length u8, value: 01 odometer u32 in 0.1 km, 02 fuel u16 in 0.1 L, 12 area crossed, 30 signal u8, 31 satellites u8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from foundation.clock import to_ms
from foundation.errors import ContractError

CHINA = timezone(timedelta(hours=8))
BASE_BYTES = 28
MOST_BATCH = 5_000
_IGNITION, _FIXED, _SOUTH, _WEST = 1, 2, 4, 8
_AREA_CROSSED = 0x12
_NUMBERS: Mapping[int, tuple[str, int]] = {
    0x01: ("odometer", 4),
    0x02: ("fuel", 2),
    0x30: ("signal", 1),
    0x31: ("sat", 1),
}
"""Items taken as readings: field of the profile, and bytes of its number."""


@dataclass(frozen=True, slots=True)
class AreaCrossing:
    """The terminal knows an area by a number that its platform once gave it."""

    area: int
    is_leaving: bool


@dataclass(frozen=True, slots=True)
class Position:
    """What one report says. `lat` and `lon` in the terminal's own datum; `measured_ms` None for a time that is none.

    `fields` are the numbers by the names a profile knows them by.
    """

    alarms: int
    is_fixed: bool
    lat: Decimal
    lon: Decimal
    measured_ms: int | None
    fields: Mapping[str, Decimal]
    crossing: AreaCrossing | None = field(default=None)


def read_position(body: bytes) -> Position:
    """A position report; too short a body raises ContractError, items that do not fit are left out."""
    if len(body) < BASE_BYTES:
        raise ContractError(f"a position of {len(body)} bytes")
    alarms, status, lat, lon, _altitude, speed, course = struct.unpack_from(">IIIIHHH", body)
    items = dict(_items(body[BASE_BYTES:]))
    fields = {
        "ignition": Decimal(bool(status & _IGNITION)),
        "speed": Decimal(speed),
        "course": Decimal(course),
        **{
            name: Decimal(int.from_bytes(items[item][:size], "big"))
            for item, (name, size) in _NUMBERS.items()
            if len(items.get(item, b"")) >= size
        },
    }
    return Position(
        alarms,
        bool(status & _FIXED),
        _degrees(lat, is_negative=bool(status & _SOUTH)),
        _degrees(lon, is_negative=bool(status & _WEST)),
        read_time(body[22:28]),
        fields,
        _crossing(items.get(_AREA_CROSSED, b"")),
    )


def read_batch(body: bytes) -> list[bytes]:
    """The position reports of a batch (0704): count u16, kind u8, then length u16 and report each."""
    if len(body) < 3:
        raise ContractError(f"a batch of {len(body)} bytes")
    count = int.from_bytes(body[:2], "big")
    if count > MOST_BATCH:
        raise ContractError(f"a batch of {count} positions")
    reports, place = [], 3
    for number in range(count):
        size = int.from_bytes(body[place : place + 2], "big")
        report = body[place + 2 : place + 2 + size]
        if len(report) < max(size, BASE_BYTES):
            raise ContractError(f"position {number + 1} of {count} is cut off")
        reports.append(report)
        place += 2 + size
    return reports


def read_time(bcd: bytes) -> int | None:
    """UTC milliseconds of six BCD bytes at UTC+8; None for what is no time."""
    digits = bcd.hex()
    try:
        year, month, day, hour, minute, second = (int(digits[place : place + 2]) for place in range(0, 12, 2))
        return to_ms(datetime(2000 + year, month, day, hour, minute, second, tzinfo=CHINA))
    except ValueError:
        return None


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 2 <= len(data):
        size = data[place + 1]
        value = data[place + 2 : place + 2 + size]
        if len(value) < size:
            return
        yield data[place], value
        place += 2 + size


def _crossing(value: bytes) -> AreaCrossing | None:
    """Kind u8, number u32, direction u8 (0 in, 1 out)."""
    if len(value) < 6 or value[5] > 1:
        return None
    return AreaCrossing(int.from_bytes(value[1:5], "big"), value[5] == 1)


def _degrees(millionths: int, *, is_negative: bool) -> Decimal:
    degrees = Decimal(millionths) / 1_000_000
    return -degrees if is_negative else degrees
