"""What a vehicle terminal says in JT/T 808, and how it hears the platform; written apart from the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulators.fix import Crossing, Fix

REGISTER, AUTHENTICATE, HEARTBEAT, LOG_OUT, POSITION, BATCH = 0x0100, 0x0102, 0x0002, 0x0003, 0x0200, 0x0704
REPLY, REGISTERED = 0x8001, 0x8100
AREA_ALARM = 1 << 20


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the platform."""

    message_id: int
    body: bytes

    @property
    def result(self) -> int:
        """Of a general or registration reply: 0 is done."""
        return self.body[4] if self.message_id == REPLY else self.body[2]

    @property
    def answers(self) -> int:
        """The serial of the message that is answered."""
        return int.from_bytes(self.body[:2], "big")


def pack(message_id: int, body: bytes, *, number: str, serial: int, is_2019: bool) -> bytes:
    """A whole frame from mark to mark."""
    head = message_id.to_bytes(2, "big") + (len(body) | (1 << 14 if is_2019 else 0)).to_bytes(2, "big")
    digits = bytes.fromhex(number.zfill(20 if is_2019 else 12))
    plain = head + (b"\x01" if is_2019 else b"") + digits + (serial & 0xFFFF).to_bytes(2, "big") + body
    check = 0
    for byte in plain:
        check ^= byte
    escapes = {0x7D: b"\x7d\x01", 0x7E: b"\x7d\x02"}
    return b"\x7e" + b"".join(escapes.get(byte, bytes([byte])) for byte in (*plain, check)) + b"\x7e"


def unpack(frame: bytes) -> Heard:
    """The message between two marks; the platform is believed to send none that is wrong."""
    plain = frame.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    start = 17 if plain[2] & 0x40 else 12
    return Heard(int.from_bytes(plain[:2], "big"), plain[start:-1])


def registration(*, is_2019: bool) -> bytes:
    """Region, maker, model, terminal id and plate; only lengths differ between the forms."""
    sizes = (11, 30, 30) if is_2019 else (5, 20, 7)
    texts = b"".join(
        text[:size].ljust(size, b"\0") for text, size in zip((b"XTSIM", b"SIM-1", b"0000001"), sizes, strict=True)
    )
    return b"\x00\x2d\x00\x01" + texts + b"\x02" + "演A0001Z".encode("gbk")


def authentication(code: bytes, *, is_2019: bool) -> bytes:
    return bytes([len(code)]) + code + bytes(35) if is_2019 else code


def position(fix: Fix, *, alarms: int = 0, crossing: Crossing | None = None, area: int = 1) -> bytes:
    """A report with odometer, signal and satellites, and with the area that was crossed."""
    local = datetime.fromtimestamp(fix.at_s, UTC) + timedelta(hours=8)
    status = 2 | (1 if fix.speed_kmh else 0) | (4 if fix.lat < 0 else 0) | (8 if fix.lon < 0 else 0)
    numbers = (
        (alarms | (AREA_ALARM if crossing else 0), 4), (status, 4), (round(abs(fix.lat) * 1e6), 4),
        (round(abs(fix.lon) * 1e6), 4), (82, 2), (round(fix.speed_kmh * 10), 2), (round(fix.course) % 360, 2),
    )  # fmt: skip
    body = b"".join(value.to_bytes(size, "big") for value, size in numbers)
    body += bytes.fromhex(local.strftime("%y%m%d%H%M%S"))
    body += b"\x01\x04" + round(fix.odometer_km * 10).to_bytes(4, "big") + b"\x30\x01\x1b\x31\x01\x0c"
    if crossing:
        body += b"\x12\x06\x01" + area.to_bytes(4, "big") + (b"\x00" if crossing == "enter" else b"\x01")
    return body


def batch(bodies: Sequence[bytes]) -> bytes:
    """Reports kept while there was no connection."""
    packed = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
    return len(bodies).to_bytes(2, "big") + b"\x01" + packed
