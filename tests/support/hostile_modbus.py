"""Fourteen ways in which a Modbus device can answer wrongly, as bytes and times; for memory and for real sockets.

Written from the protocol's text and shares no code with the edge.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from foundation.errors import LinkError
from foundation.link import Dial, Link
from tests.support.modbus_server import Request, Unit

Framing = Literal["tcp", "rtu"]
HONEST_DELAY = 0.2
"""How long an honest reply takes, as a part of the time-out."""
EXCEPTIONS = (1, 2, 3, 4, 5, 6, 11)


@dataclass(frozen=True)
class Say:
    """Bytes that come `after_s` seconds after the request; None resets the connection."""

    data: bytes | None
    after_s: float = 0.0


@dataclass
class HostileUnit:
    """One unit: the mode it is in, and what it remembers of earlier requests."""

    unit: Unit
    timeout_s: float
    mode: str | None = None
    asked: int = 0
    previous: bytes = b""
    exceptions: Iterator[int] = field(default_factory=lambda: _cycle(EXCEPTIONS))

    def answer(self, framing: Framing, request: Request) -> list[Say]:
        """What the unit says to `request` in its mode."""
        self.asked += 1
        pdu = self.unit.answer(request)
        honest = frame(framing, request, pdu)
        if self.mode:
            said = MODES[self.mode](self, framing, request, pdu)
        else:
            said = [Say(honest, self.timeout_s * HONEST_DELAY)]
        self.previous = honest
        return said


def frame(framing: Framing, request: Request, pdu: bytes, *, unit: int | None = None, tid: int | None = None) -> bytes:
    """A well-formed frame around `pdu`."""
    body = bytes([request.unit if unit is None else unit]) + pdu
    if framing == "rtu":
        return body + check_sum(body)
    return struct.pack(">HHH", request.transaction if tid is None else tid, 0, len(body)) + body


def check_sum(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first (Modbus over Serial Line V1.02, section 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def parse(framing: Framing, data: bytes) -> Request:
    """One whole request."""
    transaction, body = (0, data[:-2]) if framing == "rtu" else (struct.unpack(">H", data[:2])[0], data[6:])
    assert framing == "tcp" or check_sum(body) == data[-2:]
    function, address, last = struct.unpack(">BHH", body[1:6])
    return Request(transaction, body[0], function, address, 1 if function in (5, 6) else last, body[1:], 0.0)


def request_length(framing: Framing) -> int:
    """Bytes of a request to read."""
    return 8 if framing == "rtu" else 12


class Wire:
    """Units behind one line in memory; time is that of the running loop."""

    def __init__(self, framing: Framing, units: dict[int, HostileUnit]) -> None:
        self.framing, self.units = framing, units
        self.asked_at: list[tuple[float, int]] = []

    def dial(self, _bus: object = None) -> Dial:
        async def dial() -> Link:
            return _WireLink(self)

        return dial


class _WireLink:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._coming: list[tuple[float, bytes | None]] = []

    async def send(self, data: bytes) -> None:
        now_s = asyncio.get_running_loop().time()
        request = parse(self._wire.framing, data)
        self._wire.asked_at.append((now_s, request.unit))
        said = self._wire.units[request.unit].answer(self._wire.framing, request)
        self._coming += [(now_s + say.after_s, say.data) for say in said]
        self._coming.sort(key=lambda coming: coming[0])

    async def receive(self, timeout_s: float) -> bytes:
        now_s = asyncio.get_running_loop().time()
        if not self._coming or self._coming[0][0] > now_s + timeout_s:
            await asyncio.sleep(timeout_s)
            raise TimeoutError
        at_s, data = self._coming.pop(0)
        await asyncio.sleep(at_s - now_s)
        if data is None:
            raise LinkError("connection reset")
        while self._coming and self._coming[0][0] <= at_s and self._coming[0][1] is not None:
            data += self._coming.pop(0)[1] or b""
        return data

    async def close(self) -> None:
        self._coming.clear()


class HostileServer:
    """The same units over real sockets, on an ephemeral port."""

    def __init__(self, framing: Framing, units: dict[int, HostileUnit]) -> None:
        self.framing, self.units = framing, units
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> HostileServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        loop = asyncio.get_running_loop()
        try:
            while True:
                request = parse(self.framing, await reader.readexactly(request_length(self.framing)))
                for say in self.units[request.unit].answer(self.framing, request):
                    if say.after_s:
                        loop.call_later(say.after_s, _say, writer, say.data)
                    else:
                        _say(writer, say.data)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


def _say(writer: asyncio.StreamWriter, data: bytes | None) -> None:
    if data is None:
        writer.transport.abort()
    elif not writer.is_closing():
        writer.write(data)


def _silent(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return []


def _late(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    # The second one is later than any settle window, and lies there when the next question is asked.
    return [Say(frame(framing, request, pdu), unit.timeout_s * (1.1, 2.5)[unit.asked % 2])]


def _wrong_tid(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(frame(framing, request, pdu, tid=(request.transaction + 7) % 65_536))]


def _short(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(frame(framing, request, bytes([pdu[0], pdu[1] - 2]) + pdu[2:-2]))]


def _over_long(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(frame(framing, request, bytes([pdu[0], pdu[1] + 2]) + b"\x12\x34" + pdu[2:]))]


def _wrong_unit(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(frame(framing, request, pdu, unit=request.unit + 1))]


def _wrong_function(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(frame(framing, request, bytes([pdu[0] ^ 0x07]) + pdu[1:]))]


def _exceptions(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(frame(framing, request, bytes([request.function | 0x80, next(unit.exceptions)])))]


def _garbage(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    noise = bytes((unit.asked * 37 + place * 101) % 256 for place in range(3 + unit.asked % 40))
    return [Say(noise)]


def _reset(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(None)]


def _trickle(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    data = frame(framing, request, pdu)
    every_s = unit.timeout_s * 1.4 / len(data)
    return [Say(data[place : place + 1], place * every_s) for place in range(len(data))]


def _two_frames(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say((unit.previous or frame(framing, request, pdu)) + frame(framing, request, pdu))]


def _stale(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    return [Say(unit.previous)] if unit.previous else []


def _bad_crc(unit: HostileUnit, framing: Framing, request: Request, pdu: bytes) -> list[Say]:
    data = bytearray(frame(framing, request, pdu))
    data[3 + unit.asked % (len(data) - 3)] ^= 1 << unit.asked % 8
    return [Say(bytes(data))]


Mode = Callable[[HostileUnit, Framing, Request, bytes], list[Say]]
MODES: dict[str, Mode] = {
    "silent": _silent,
    "late": _late,
    "wrong transaction": _wrong_tid,
    "short": _short,
    "over-long": _over_long,
    "wrong unit": _wrong_unit,
    "wrong function": _wrong_function,
    "exceptions": _exceptions,
    "garbage": _garbage,
    "reset": _reset,
    "trickle": _trickle,
    "two frames": _two_frames,
    "stale": _stale,
    "bad check sum": _bad_crc,
}
ONLY: dict[str, Framing] = {"wrong transaction": "tcp", "bad check sum": "rtu"}
"""Modes that the other framing has no place for."""
CASES: list[tuple[Framing, str]] = [
    (framing, mode) for framing in ("tcp", "rtu") for mode in MODES if ONLY.get(mode, framing) == framing
]


def _cycle(codes: tuple[int, ...]) -> Iterator[int]:
    while True:
        yield from codes
