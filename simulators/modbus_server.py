"""A Modbus TCP endpoint with several units behind it, as a gateway box has.

An own small server: pymodbus' simulator keeps one pending request per connection, and cannot leave one unit silent
while its neighbours answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from collections.abc import Mapping

from simulators.modbus_device import NO_SUCH_UNIT, ModbusUnit
from simulators.modbus_messages import answer, exception

_HEADER = struct.Struct(">HHHB")
_LONGEST = 254


class ModbusEndpoint:
    """Listens on one port; a unit that is dead stays silent, an unknown one is answered as a gateway would.

    With `tls` it speaks Modbus/TCP Security.
    """

    def __init__(
        self,
        units: Mapping[int, ModbusUnit],
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.units, self.host, self.port, self._tls = dict(units), host, port, tls
        self.connection_count = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self) -> None:
        """Bind; with port 0 the system chooses one and `port` tells it. Raises OSError if the port is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self._tls)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return
        self._server.close()
        tasks = [task for task in self._connections.values() if task is not None]
        for writer in list(self._connections):
            writer.close()
        # Their readers see the end of the stream; cancelling them would be logged as an error by asyncio 3.11.
        await asyncio.gather(*tasks)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> ModbusEndpoint:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        self._connections[writer] = asyncio.current_task()
        try:
            while await self._next(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            del self._connections[writer]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the peer speaks another protocol."""
        transaction, protocol, length, unit_id = _HEADER.unpack(await reader.readexactly(_HEADER.size))
        if protocol != 0 or not 2 <= length <= _LONGEST:
            return False
        body = await reader.readexactly(length - 1)
        unit = self.units.get(unit_id)
        if unit is None:
            _send(writer, transaction, unit_id, exception(body[0], NO_SUCH_UNIT))
            return True
        if unit.is_dead:
            unit.note(body[0], 0, 0)
            return True
        reply = answer(unit, body)
        if unit.delay_s > 0:
            asyncio.get_running_loop().call_later(unit.delay_s, _send, writer, transaction, unit_id, reply)
        else:
            _send(writer, transaction, unit_id, reply)
            await writer.drain()
        return True


def _send(writer: asyncio.StreamWriter, transaction: int, unit_id: int, body: bytes) -> None:
    if not writer.is_closing():
        writer.write(_HEADER.pack(transaction, 0, len(body) + 1, unit_id) + body)
