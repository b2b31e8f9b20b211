from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from foundation.errors import LinkError
from foundation.link import SocketLink, tcp_dial

Serve = Callable[[SocketLink], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    """The port of a server that hands every accepted connection to `serve` and then closes it."""

    async def attend(link: SocketLink) -> None:
        await serve(link)
        await link.close()

    def accept(link: SocketLink) -> None:
        attending.append(asyncio.get_running_loop().create_task(attend(link)))

    attending: list[asyncio.Task[None]] = []
    server = await asyncio.get_running_loop().create_server(lambda: SocketLink(accept), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_bytes_go_there_and_back() -> None:
    async def echo(link: SocketLink) -> None:
        await link.send(await link.receive(5) + b"!")

    async with served(echo) as port:
        link = await tcp_dial("127.0.0.1", port)()
        await link.send(b"ping")
        assert await link.receive(5) == b"ping!"
        await link.close()


async def test_silence_is_a_timeout_and_the_link_stays_usable() -> None:
    answer = asyncio.Event()

    async def wait(link: SocketLink) -> None:
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
    async def hang_up(link: SocketLink) -> None:
        pass

    async with served(hang_up) as port:
        link = await tcp_dial("127.0.0.1", port)()
        with pytest.raises(LinkError, match="closed by the other side"):
            await link.receive(5)
        await link.close()


async def test_a_port_where_nobody_listens_is_a_link_error() -> None:
    async def nothing(link: SocketLink) -> None:
        pass

    async with served(nothing) as port:
        pass
    with pytest.raises(LinkError, match=f"127.0.0.1:{port}"):
        await tcp_dial("127.0.0.1", port, timeout_s=5)()


async def test_a_connection_notices_by_itself_that_its_other_side_has_gone() -> None:
    async def wait(link: SocketLink) -> None:
        await link.receive(5)

    async with served(wait) as port:
        link = await tcp_dial("127.0.0.1", port)()
        assert isinstance(link, SocketLink)
        connection = link.socket
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        probing_s = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) + connection.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_KEEPINTVL
        ) * connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
        assert probing_s == 30
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        await link.send(b"!")
        await link.close()


async def test_what_came_before_the_end_of_the_stream_is_still_read() -> None:
    async def say_and_hang_up(link: SocketLink) -> None:
        await link.send(b"bye")

    async with served(say_and_hang_up) as port:
        link = await tcp_dial("127.0.0.1", port)()
        assert await link.receive(5) == b"bye"
        with pytest.raises(LinkError):
            await link.receive(5)
        with pytest.raises(LinkError):
            await link.send(b"anyone?")
