"""A TCP proxy that does what networks do: delay, cut in the middle of a frame, reset, swallow one way, freeze."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field


@dataclass
class Faults:
    """What is wrong now; may be changed while connections are open. Bytes held by a freeze pass once it ends.

    The end of a stream is treated as its bytes are.
    """

    delay_s: float = 0.0
    swallow_to_server: bool = False
    swallow_to_client: bool = False
    cut_after: int | None = None
    """Close both sides once so many more bytes have gone to the client."""
    thawed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.thawed.set()


class FaultProxy:
    """Stands between a client and 127.0.0.1:`target`; use as `async with FaultProxy(target) as proxy`."""

    def __init__(self, target: int) -> None:
        self.faults = Faults()
        self.accepted = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self) -> None:
        """Both directions stand still; the sockets stay open, as when a mobile network loses a session."""
        self.faults.thawed.clear()

    def thaw(self) -> None:
        self.faults.thawed.set()

    def cut_after(self, size: int) -> None:
        """End the connection once so many more bytes have gone to the client, be it inside a frame."""
        self.faults.cut_after = size

    def reset(self) -> None:
        """Every open connection ends with RST."""
        for writer in list(self._open):
            sock = writer.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.accepted += 1
        writers = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            writers.append(far_writer)
            self._open.update(writers)
            ways = (
                self._pass(reader, far_writer, is_to_client=False),
                self._pass(far_reader, writer, is_to_client=True),
            )
            both = [asyncio.create_task(way) for way in ways]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one_way in both:
                    one_way.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        except OSError:
            return
        finally:
            self._open.difference_update(writers)
            for one in writers:
                one.close()
            for one in writers:
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_to_client: bool) -> None:
        """Until the end of the stream, which is held up and swallowed as data are: nobody hears of a dead network."""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if self.faults.delay_s:
                    await asyncio.sleep(self.faults.delay_s)
                await self.faults.thawed.wait()
                if not self._is_swallowed(is_to_client) and await self._is_cut(writer, data, is_to_client):
                    return
        await self.faults.thawed.wait()
        if self._is_swallowed(is_to_client):
            await asyncio.Event().wait()

    def _is_swallowed(self, is_to_client: bool) -> bool:
        return self.faults.swallow_to_client if is_to_client else self.faults.swallow_to_server

    async def _is_cut(self, writer: asyncio.StreamWriter, data: bytes, is_to_client: bool) -> bool:
        """Write on what may pass, and say whether this was the end of it."""
        left = self.faults.cut_after if is_to_client else None
        writer.write(data if left is None else data[:left])
        await writer.drain()
        if left is None:
            return False
        # Once: the next connection is a good one.
        self.faults.cut_after = left - len(data) if left > len(data) else None
        return left <= len(data)
