"""Modbus TCP units that a test can make misbehave; written from the protocol's text, shares no code with the edge."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 16: "holding"}


@dataclass(frozen=True)
class Request:
    """One request as it came; `count` is 1 for single writes. `at_s` is monotonic."""

    transaction: int
    unit: int
    function: int
    address: int
    count: int
    pdu: bytes
    at_s: float

    @property
    def is_write(self) -> bool:
        return self.function in (5, 6, 16)


@dataclass
class Unit:
    """Words (coils: 0 or 1) by table and address; an address that is absent gives exception 2."""

    words: dict[tuple[str, int], int] = field(default_factory=dict)

    def answer(self, request: Request) -> bytes:
        """The PDU of an honest reply."""
        table = TABLES[request.function]
        places = [(table, request.address + index) for index in range(request.count)]
        if any(place not in self.words for place in places):
            return bytes([request.function | 0x80, 2])
        if request.is_write:
            self.words.update(zip(places, _written(request), strict=True))
            return request.pdu[:5]
        values = [self.words[place] for place in places]
        if request.function in (1, 2):
            packed = sum(bit << index for index, bit in enumerate(values))
            data = packed.to_bytes((len(values) + 7) // 8, "little")
        else:
            data = struct.pack(f">{len(values)}H", *values)
        return bytes([request.function, len(data)]) + data


def echo_unit(table: str = "holding", size: int = 65_536) -> Unit:
    """Every register holds its own address, so that a read shifted by one is seen."""
    return Unit({(table, address): address for address in range(size)})


def frame_of(request: Request, pdu: bytes, *, unit: int | None = None, transaction: int | None = None) -> bytes:
    """A well-formed frame around `pdu`, by default the one the request asks for."""
    header = (request.transaction if transaction is None else transaction, 0, len(pdu) + 1)
    return struct.pack(">HHH", *header) + bytes([request.unit if unit is None else unit]) + pdu


Behaviour = Callable[[Request, bytes, asyncio.StreamWriter], Awaitable[None]]
"""Called with the request, the honest PDU and the writer, in place of the honest reply."""


class ModbusServer:
    """Serves units on an ephemeral port; `behaviour[unit]` replaces the honest reply of a unit."""

    def __init__(self, units: Mapping[int, Unit]) -> None:
        self.units = dict(units)
        self.behaviour: dict[int, Behaviour] = {}
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a stop, on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is None:
            return
        self._server.close()
        self.cut()
        await self._server.wait_closed()
        self._server = None

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                request = await _read_request(reader)
                self.requests.append(request)
                unit = self.units.get(request.unit)
                if unit is None:
                    continue
                honest = unit.answer(request)
                behaviour = self.behaviour.get(request.unit, answer_honestly)
                await behaviour(request, honest, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def answer_honestly(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(frame_of(request, pdu))


async def stay_silent(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    """A dead unit behind a living gateway."""


def answer_late(after_s: float) -> Behaviour:
    """The honest reply, but later than the asker waits."""

    async def behave(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
        asyncio.get_running_loop().call_later(after_s, _write_if_open, writer, frame_of(request, pdu))

    return behave


async def answer_short(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    """A well-formed reply with one register less than asked for."""
    writer.write(frame_of(request, bytes([pdu[0], pdu[1] - 2]) + pdu[2:-2]))


async def answer_long(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    """A well-formed reply with one register more than asked for."""
    writer.write(frame_of(request, bytes([pdu[0], pdu[1] + 2]) + pdu[2:] + b"\x12\x34"))


async def answer_truncated(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    """Half a frame, and nothing after it."""
    frame = frame_of(request, pdu)
    writer.write(frame[: len(frame) // 2])


async def answer_as_other_unit(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(frame_of(request, pdu, unit=request.unit + 1))


async def answer_other_function(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(frame_of(request, bytes([pdu[0] ^ 0x07]) + pdu[1:]))


async def answer_other_transaction(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(frame_of(request, pdu, transaction=(request.transaction + 7) % 65_536))


async def answer_garbage(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def reset_connection(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def refuse_with(code: int) -> Behaviour:
    """An exception reply."""

    async def behave(request: Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(frame_of(request, bytes([request.function | 0x80, code])))

    return behave


def _write_if_open(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)


async def _read_request(reader: asyncio.StreamReader) -> Request:
    header = await reader.readexactly(7)
    transaction, _, length = struct.unpack(">HHH", header[:6])
    pdu = await reader.readexactly(length - 1)
    function, address, last = struct.unpack(">BHH", pdu[:5])
    count = 1 if function in (5, 6) else last
    return Request(transaction, header[6], function, address, count, pdu, time.monotonic())


def _written(request: Request) -> list[int]:
    if request.function == 16:
        return list(struct.unpack(f">{request.count}H", request.pdu[6:]))
    word = struct.unpack(">H", request.pdu[3:5])[0]
    return [int(word == 0xFF00) if request.function == 5 else word]
