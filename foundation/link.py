"""Byte links as a parameter: the same driver runs over TCP, an accepted socket or a faulty link in a test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from foundation.errors import LinkError


class Link(Protocol):
    """An open, ordered, two-way stream of bytes."""

    async def send(self, data: bytes) -> None:
        """Hand all bytes to the link; raises LinkError when it is broken."""
        ...

    async def receive(self, timeout_s: float) -> bytes:
        """At least one byte; raises TimeoutError after `timeout_s`, LinkError at the end of the stream."""
        ...

    async def close(self) -> None: ...


Dial = Callable[[], Awaitable[Link]]


class TcpLink:
    """A Link over an asyncio stream, dialled or accepted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise LinkError(str(error)) from error

    async def receive(self, timeout_s: float) -> bytes:
        try:
            async with asyncio.timeout(timeout_s):
                data = await self._reader.read(4096)
        except TimeoutError:
            raise
        except OSError as error:
            raise LinkError(str(error)) from error
        if not data:
            raise LinkError("closed by the other side")
        return data

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def tcp_dial(host: str, port: int, timeout_s: float = 3.0) -> Dial:
    """A Dial to `host:port`; a failed attempt raises LinkError."""

    async def dial() -> Link:
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as error:
            raise LinkError(f"{host}:{port}: {error or 'no answer'}") from error
        return TcpLink(reader, writer)

    return dial
