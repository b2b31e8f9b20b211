"""Byte links as a parameter: one driver runs over TCP, an accepted socket, a serial port or a faulty link in a test."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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

MAX_UNREAD_BYTES = 65_536
KEEPALIVE_S, KEEPALIVE_EVERY_S, KEEPALIVE_COUNT = 15, 5, 3
"""A peer that is gone without a word is noticed after 30 s, idle or not."""


class Inbox:
    """What has come in and was not taken yet; the transport calls `put` and `end`."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._end: str | None = None
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._data)

    @property
    def ended(self) -> str | None:
        """Why no more will come; None while more may come."""
        return self._end

    def put(self, data: bytes) -> None:
        self._data += data
        self._news.set()

    def end(self, reason: str) -> None:
        """No more will come; the first reason holds."""
        self._end = self._end or reason
        self._news.set()

    async def take(self, timeout_s: float) -> bytes:
        """As Link.receive."""
        if not self._news.is_set():
            if timeout_s > 0:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            else:
                # Two turns of the loop: one to look at the wire, one to hand over what is there.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        if self._data:
            data = bytes(self._data)
            self._data.clear()
            if self._end is None:
                self._news.clear()
            return data
        if self._end is not None:
            raise LinkError(self._end)
        raise TimeoutError


class SocketLink(asyncio.Protocol):
    """A Link over TCP or TLS, dialled or accepted: the protocol of an asyncio transport."""

    def __init__(self, on_open: Callable[[SocketLink], None] | None = None) -> None:
        self.peer = ""
        self._on_open = on_open
        self._inbox = Inbox()
        self._transport: asyncio.Transport | None = None
        self._is_clogged = self._is_held = False

    @property
    def socket(self) -> socket.socket:
        """The connection's socket, for its options."""
        assert self._transport is not None
        found: socket.socket = self._transport.get_extra_info("socket")
        return found

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.peer = str((transport.get_extra_info("peername") or ("",))[0])
        _notice_silence(transport.get_extra_info("socket"))
        if self._on_open is not None:
            self._on_open(self)

    def data_received(self, data: bytes) -> None:
        self._inbox.put(data)
        if len(self._inbox) > MAX_UNREAD_BYTES and self._transport is not None:
            self._is_held = True
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._inbox.end(str(exc) if exc else "closed by the other side")

    def pause_writing(self) -> None:
        self._is_clogged = True

    def resume_writing(self) -> None:
        self._is_clogged = False

    async def send(self, data: bytes) -> None:
        if self._transport is None or self._inbox.ended is not None:
            raise LinkError(self._inbox.ended or "not connected")
        if self._is_clogged:
            raise LinkError("the other side takes nothing")
        self._transport.write(data)

    async def receive(self, timeout_s: float) -> bytes:
        data = await self._inbox.take(timeout_s)
        if self._is_held and self._transport is not None and not self._transport.is_closing():
            self._is_held = False
            self._transport.resume_reading()
        return data

    async def close(self) -> None:
        """Nothing more is sent or received; returns at once."""
        self._inbox.end("closed")
        if self._transport is not None:
            self._transport.close()
            # Whoever waits for the peer's good-bye may wait for ever.
            asyncio.get_running_loop().call_later(1.0, self._transport.abort)


@dataclass(frozen=True, slots=True)
class Tls:
    """How a dialled link is secured; `server_name` is what the certificate must be made out to (default: the host)."""

    context: ssl.SSLContext
    server_name: str | None = None


def tcp_dial(host: str, port: int, timeout_s: float = 3.0, tls: Tls | None = None) -> Dial:
    """A Dial to `host:port`; a failed attempt, a refused certificate included, raises LinkError."""

    async def dial() -> Link:
        loop = asyncio.get_running_loop()
        context, name = (tls.context, tls.server_name or host) if tls else (None, None)
        try:
            async with asyncio.timeout(timeout_s):
                _, link = await loop.create_connection(SocketLink, host, port, ssl=context, server_hostname=name)
        except (OSError, TimeoutError) as error:
            raise LinkError(f"{host}:{port}: {error or 'no answer'}") from error
        return link

    return dial


def _notice_silence(connection: socket.socket | None) -> None:
    """Let the system end a connection whose other side has gone without a word (half-open)."""
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    longest_ms = (KEEPALIVE_S + KEEPALIVE_EVERY_S * KEEPALIVE_COUNT) * 1000
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": KEEPALIVE_S,
        "TCP_KEEPINTVL": KEEPALIVE_EVERY_S,
        "TCP_KEEPCNT": KEEPALIVE_COUNT,
        "TCP_USER_TIMEOUT": longest_ms,
    }
    for name, value in options.items():
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
