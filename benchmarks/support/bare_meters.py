"""Modbus TCP meters that cost almost nothing, so that what is measured is the edge: 40 values in 40 registers, all of
them changing beyond the dead-band every so many polls.
"""

from __future__ import annotations

import asyncio
import struct
from multiprocessing.connection import Connection
from typing import Any, Protocol

VARIANTS = 7
REGISTERS = 40
PROFILE: dict[str, Any] = {
    "schema": "xietong.device-profile/1",
    "id": "bench.meter",
    "vendor": "Bench",
    "models": ["B40"],
    "carrier": "electricity",
    "role": "meter",
    "provenance": [{"source": "benchmark", "checked": "manual", "confidence": "A"}],
    "points": [
        {"name": f"P{n}", "table": "holding", "address": n, "type": "uint16", "scale": "0.1",
         "poll": "fast", "unit": "V", "range": [0, 1000], "deadband": {"abs": 1}}
        for n in range(REGISTERS)
    ],
}  # fmt: skip


class Counts(Protocol):
    """Two numbers that several processes see."""

    def __getitem__(self, index: int) -> int: ...

    def __setitem__(self, index: int, value: int) -> None: ...


class BareMeters(asyncio.Protocol):
    """One endpoint; whatever unit is asked for holding registers answers."""

    def __init__(self, data: list[bytes], units: int, polls_per_change: int, asked: Counts) -> None:
        self._data, self._turn, self._buffer, self._asked = data, 0, b"", asked
        self._turns_per_change = units * polls_per_change

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 12:
            head, unit, function, address, count = struct.unpack(">H4xBBHH", self._buffer[:12])
            self._buffer = self._buffer[12:]
            self._turn += 1
            self._asked[0] += 1
            self._asked[1] += count
            words = self._data[self._turn // self._turns_per_change % VARIANTS][2 * address : 2 * (address + count)]
            self._transport.write(struct.pack(">HHHBBB", head, 0, len(words) + 3, unit, function, len(words)) + words)


def serve_meters(tell: Connection, endpoints: int, units: int, polls_per_change: int, asked: Counts) -> None:
    """Serve `units` behind each endpoint until ended; the ports are told through the pipe.

    `asked` counts requests and registers.
    """

    async def serve() -> None:
        data = [
            struct.pack(f">{REGISTERS}H", *(2_305 + 100 * variant + point for point in range(REGISTERS)))
            for variant in range(VARIANTS)
        ]
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(lambda: BareMeters(data, units, polls_per_change, asked), "127.0.0.1", 0)
            for _ in range(endpoints)
        ]
        tell.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(serve())
