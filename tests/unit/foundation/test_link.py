from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from foundation.errors import LinkError
from foundation.link import TcpLink, tcp_dial

Serve = Callable[[TcpLink], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    """The port of a server that hands every accepted connection to `serve` and then closes it."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = TcpLink(reader, writer)
        await serve(link)
        await link.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_bytes_go_there_and_back() -> None:
    async def echo(link: TcpLink) -> None:
        await link.send(await link.receive(5) + b"!")

    async with served(echo) as port:
        link = await tcp_dial("127.0.0.1", port)()
        await link.send(b"ping")
        assert await link.receive(5) == b"ping!"
        await link.close()


async def test_silence_is_a_timeout_and_the_link_stays_usable() -> None:
    answer = asyncio.Event()

    async def wait(link: TcpLink) -> None:
        await answer.wait()
        await link.send(b"late")

    async with served(wait) as port:
        link = await tcp_dial("127.0.0.1", port)()
        with pytest.raises(TimeoutError):
            await link.receive(0.02)
        answer.set()
        assert await link.receive(5) == b"late"
        await link.close()


async def test_the_end_of_the_stream_is_a_link_error() -> None:
    async def hang_up(link: TcpLink) -> None:
        pass

    async with served(hang_up) as port:
        link = await tcp_dial("127.0.0.1", port)()
        with pytest.raises(LinkError, match="closed by the other side"):
            await link.receive(5)
        await link.close()


async def test_a_port_where_nobody_listens_is_a_link_error() -> None:
    async def nothing(link: TcpLink) -> None:
        pass

    async with served(nothing) as port:
        pass
    with pytest.raises(LinkError, match=f"127.0.0.1:{port}"):
        await tcp_dial("127.0.0.1", port, timeout_s=5)()
