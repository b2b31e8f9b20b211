"""A pretend 4G serial server (DTU): it calls a listener, says who it is, and passes the bytes of its wire both ways."""

from __future__ import annotations

import asyncio
import contextlib

from foundation.clock import Clock
from simulators.serial_wire import MOST_HEARD, SerialWire

CALL_AGAIN_S = 2.0


class Dtu:
    """Calls `host:port` until stopped, and again when it is hung up."""

    def __init__(
        self,
        wire: SerialWire,
        host: str,
        port: int,
        clock: Clock,
        *,
        registration: str = "",
        heartbeat: str = "",
        heartbeat_s: float = 30.0,
        call_again_s: float = CALL_AGAIN_S,
    ) -> None:
        self.wire, self.host, self.port = wire, host, port
        self.call_count = 0
        self._clock, self._registration, self._heartbeat = clock, registration.encode(), heartbeat.encode()
        self._heartbeat_s, self._call_again_s = heartbeat_s, call_again_s
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to call."""
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Hang up and call no more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def __aenter__(self) -> Dtu:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                await self._call()
            await self._clock.sleep(self._call_again_s)

    async def _call(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        self.call_count += 1
        beating: asyncio.Task[None] | None = None
        try:
            writer.write(self._registration)
            if self._heartbeat:
                beating = asyncio.get_running_loop().create_task(self._beat(writer))
            while data := await reader.read(MOST_HEARD):
                writer.write(self.wire.hear(data))
                await writer.drain()
        finally:
            if beating is not None:
                beating.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            await self._clock.sleep(self._heartbeat_s)
            writer.write(self._heartbeat)
