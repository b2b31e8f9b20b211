"""Frames as a terminal sends them, packed by hand for tests: independent of the edge's encoder and of the simulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

TERMINAL = "013912345678"
LAT, LON = 23_217_000, 108_500_000
"""Millionths of a degree."""


def frame(
    message_id: int,
    body: bytes = b"",
    *,
    terminal: str = TERMINAL,
    serial: int = 1,
    is_2019: bool = False,
    part: tuple[int, int] | None = None,
) -> bytes:
    """`part` is (count, number)."""
    attributes = len(body) | (0x4000 if is_2019 else 0) | (0x2000 if part else 0)
    number = terminal.zfill(20 if is_2019 else 12)
    plain = message_id.to_bytes(2, "big") + attributes.to_bytes(2, "big") + (b"\x01" if is_2019 else b"")
    plain += bytes.fromhex(number) + serial.to_bytes(2, "big")
    if part:
        plain += part[0].to_bytes(2, "big") + part[1].to_bytes(2, "big")
    plain += body
    check = 0
    for byte in plain:
        check ^= byte
    escaped = (plain + bytes([check])).replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return b"\x7e" + escaped + b"\x7e"


def position(
    at_ms: int,
    *,
    alarms: int = 0,
    status: int = 0b11,
    lat: int = LAT,
    lon: int = LON,
    speed: int = 425,
    course: int = 90,
    items: bytes = b"",
) -> bytes:
    """The body of 0200; speed in 0.1 km/h, time written at UTC+8."""
    local = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(hours=8)
    numbers = [(alarms, 4), (status, 4), (lat, 4), (lon, 4), (82, 2), (speed, 2), (course, 2)]
    body = b"".join(value.to_bytes(size, "big") for value, size in numbers)
    return body + bytes.fromhex(local.strftime("%y%m%d%H%M%S")) + items


def batch(*bodies: bytes, kind: int = 1) -> bytes:
    """The body of 0704; kind 1 is what was kept while there was no connection."""
    packed = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
    return len(bodies).to_bytes(2, "big") + bytes([kind]) + packed


def contents(data: bytes) -> list[bytes]:
    """The unescaped frames of a stream of answers, marks removed, checksum included."""
    found = [part for part in data.split(b"\x7e") if part]
    return [part.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d") for part in found]
