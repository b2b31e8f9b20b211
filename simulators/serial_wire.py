"""A pretend RS-485 line: units of several languages on one pair of wires, reached over TCP or a pseudo terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import Sequence
from functools import reduce
from itertools import zip_longest
from operator import and_
from typing import Protocol

MOST_HEARD = 512
"""Bytes a unit remembers: more than the longest request of any language."""


class WireUnit(Protocol):
    """One unit on the line."""

    def answer(self, heard: bytes) -> bytes | None:
        """The answer to a request for this unit that ends `heard`; None when there is none, or the unit is dead."""
        ...


class SerialWire:
    """What is sent is heard by all units. With `has_echo` the sender hears itself, as with many adapters.

    `noise` stands before every answer. Units that answer at once pull the wire low together: zeros win.
    """

    def __init__(self, units: Sequence[WireUnit], *, has_echo: bool = False, noise: bytes = b"") -> None:
        self.units, self.has_echo, self.noise = list(units), has_echo, noise
        self._heard = b""

    def hear(self, data: bytes) -> bytes:
        """What comes back when `data` are put on the wire."""
        back = data if self.has_echo else b""
        self._heard = (self._heard + data)[-MOST_HEARD:]
        answers = [answer for unit in self.units if (answer := unit.answer(self._heard)) is not None]
        if not answers:
            return back
        self._heard = b""
        together = (reduce(and_, column) for column in zip_longest(*answers, fillvalue=0xFF))
        return back + self.noise + bytes(together)


class WireServer:
    """A transparent serial server before the wire: what comes in at its socket goes out on the wire, and back."""

    def __init__(self, wire: SerialWire, host: str = "127.0.0.1", port: int = 0) -> None:
        self.wire, self.host, self.port = wire, host, port
        self._server: asyncio.Server | None = None
        self._callers: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def __aenter__(self) -> WireServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bind; with port 0 the system chooses one and `port` tells it. Raises OSError if the port is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return
        self._server.close()
        tasks = [task for task in self._callers.values() if task is not None]
        for writer in list(self._callers):
            writer.close()
        await asyncio.gather(*tasks)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers[writer] = asyncio.current_task()
        try:
            while data := await reader.read(MOST_HEARD):
                writer.write(self.wire.hear(data))
                await writer.drain()
        except OSError:
            pass  # the caller has gone
        finally:
            del self._callers[writer]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class WireTerminal:
    """A pseudo terminal before the wire; `path` is opened like a serial port."""

    def __init__(self, wire: SerialWire) -> None:
        self.wire = wire
        self.path = ""
        self._near = self._far = -1

    def __enter__(self) -> WireTerminal:
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        asyncio.get_running_loop().add_reader(self._near, self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._near)
        os.close(self._near)
        os.close(self._far)

    def _serve(self) -> None:
        with contextlib.suppress(BlockingIOError):
            back = self.wire.hear(os.read(self._near, MOST_HEARD))
            if back:
                os.write(self._near, back)
