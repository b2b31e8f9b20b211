"""What one client says to its broker, packet by packet: a proxy that reads MQTT 3.1.1 and changes nothing.

Acknowledgements and pings are passed on without being noted.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 1, 3, 8, 14
_NOTED = (CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT)


@dataclass(frozen=True)
class Said:
    """One packet: `qos` and `retain` are those of a publication, or of the will of a CONNECT."""

    kind: int
    topic: str = ""
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    is_clean: bool = False
    filters: tuple[tuple[str, int], ...] = ()


class WireTap:
    """`async with WireTap(broker_port) as tap`: connect the client to `tap.port`; `tap.said` grows."""

    def __init__(self, target: int) -> None:
        self.said: list[Said] = []
        self.sessions: list[list[Said]] = []
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> WireTap:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def of(self, kind: int) -> list[Said]:
        return [one for one in self.said if one.kind == kind]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except BaseException:
            writer.close()
            raise
        back = asyncio.create_task(_copy(far_reader, writer))
        session: list[Said] = []
        self.sessions.append(session)
        try:
            while True:
                head, body = await _packet(reader)
                said = _read(head[0], body)
                if said.kind in _NOTED:
                    self.said.append(said)
                    session.append(said)
                far_writer.write(head + body)
                await far_writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            for one in (writer, far_writer):
                one.close()
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            for one in (writer, far_writer):
                with contextlib.suppress(OSError):
                    await one.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def _packet(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(1)
    length = shift = 0
    while True:
        head += (byte := await reader.readexactly(1))
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if not byte[0] & 0x80:
            return head, await reader.readexactly(length)


def _text(body: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : end], end


def _read(first: int, body: bytes) -> Said:
    kind = first >> 4
    if kind == CONNECT:
        _, at = _text(body, 0)
        flags = body[at + 1]
        _, at = _text(body, at + 4)
        topic, payload = b"", b""
        if flags & 4:
            topic, at = _text(body, at)
            payload, at = _text(body, at)
        return Said(kind, topic.decode(), payload, (flags >> 3) & 3, bool(flags & 0x20), bool(flags & 2))
    if kind == PUBLISH:
        qos = (first >> 1) & 3
        topic, at = _text(body, 0)
        return Said(kind, topic.decode(), body[at + (2 if qos else 0) :], qos, bool(first & 1))
    if kind == SUBSCRIBE:
        filters, at = [], 2
        while at < len(body):
            name, at = _text(body, at)
            filters.append((name.decode(), body[at]))
            at += 1
        return Said(kind, filters=tuple(filters))
    return Said(kind)
