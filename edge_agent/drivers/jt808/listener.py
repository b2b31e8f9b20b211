"""Accepts the connections of the site's terminals; each is served by itself, so that none can hold up another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.drivers.driver import InstalledDevice, Intake
from edge_agent.drivers.jt808.authentication import read_secret
from edge_agent.drivers.jt808.connection import CHUNK, Connection, Counters, Limits
from edge_agent.drivers.jt808.session import Session
from edge_agent.drivers.jt808.terminal import Terminal
from edge_agent.drivers.reporter import Reporter
from edge_agent.drivers.strangers import Seldom, Strangers
from foundation.clock import Clock
from foundation.rng import Rng

CHECK_EVERY_S = 1.0
LISTEN_AGAIN_S = 5.0
UNREAD = 4 * CHUNK
"""Bytes that may lie unread for each connection; a stranger's, too."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen (port 0: any) and where the site's secret lies."""

    host: str
    port: int
    secret_file: Path


class Jt808Listener:
    """DeviceSource of the terminals of one port. A terminal's address is its number; leading zeros mean nothing.

    A terminal is lost when nothing of it was heard for `limits.idle_s`, and when it logs out. Connections that have not
    authenticated themselves are bounded by Strangers.
    """

    def __init__(
        self,
        address: ListenAddress,
        devices: Sequence[InstalledDevice],
        intake: Intake,
        clock: Clock,
        rng: Rng,
        *,
        limits: Limits,
    ) -> None:
        self.counters = Counters()
        self.port = address.port
        self._address, self._intake, self._clock, self._limits = address, intake, clock, limits
        self._secret = read_secret(address.secret_file, rng)
        self._terminals = {(one.device.address or "").lstrip("0"): Terminal(one) for one in devices}
        self._reporter = Reporter([one.id for one in devices], intake, clock)
        self._heard_s = dict.fromkeys(self._reporter.devices, clock.monotonic())
        self._current: dict[str, Connection] = {}
        self._strangers: Strangers[Connection] = Strangers(clock)
        self._faults = Seldom(clock)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """As DeviceSource.run."""
        server = await self._listen()
        try:
            while True:
                await self._clock.sleep(CHECK_EVERY_S)
                self._check()
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def close(self) -> None:
        """Nothing is left open after `run`."""

    async def _listen(self) -> asyncio.Server:
        told = ""
        while True:
            try:
                server = await asyncio.start_server(self._accept, self._address.host, self._address.port, limit=UNREAD)
            except OSError as error:
                if str(error) != told:
                    _log.error("cannot listen on port %d, trying again: %s", self._address.port, error)
                told = str(error)
                await self._clock.sleep(LISTEN_AGAIN_S)
            else:
                self.port = server.sockets[0].getsockname()[1]
                return server

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counters.connections += 1
        session = Session(self._terminals, self._secret)
        connection = Connection(reader, writer, session, self, self._intake, self._clock, self._limits, self.counters)
        address = str((writer.get_extra_info("peername") or ("",))[0])
        pushed_out = self._strangers.enter(connection, address, expected=len(self._terminals))
        if pushed_out is not None:
            self.counters.pushed_out += 1
            self._stranger_went()
            pushed_out.abort()
        task = asyncio.create_task(connection.serve())
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, connection))

    def _ended(self, task: asyncio.Task[None], connection: Connection) -> None:
        self._tasks.discard(task)
        for device in [device for device, one in self._current.items() if one is connection]:
            del self._current[device]
        if self._strangers.leave(connection) and not task.cancelled():
            self._stranger_went()
        if not task.cancelled() and task.exception() is not None and self._faults.is_due():
            _log.error("a connection ended by a fault", exc_info=task.exception())

    def _stranger_went(self) -> None:
        self.counters.strangers += 1
        if (remark := self._strangers.remark()) is not None:
            _log.warning("port %d: %s", self.port, remark)

    # edge_agent.drivers.jt808.connection.Surroundings

    def authenticated(self, device: str, connection: Connection) -> None:
        """A newer connection of the same terminal takes the place of the older, which may be half open."""
        self._strangers.prove(connection)
        before = self._current.get(device)
        if before is not None and before is not connection:
            self.counters.replaced += 1
            before.abort()
        self._current[device] = connection

    @property
    def reporter(self) -> Reporter:
        return self._reporter

    def heard_of(self, device: str) -> None:
        """A good frame came."""
        self._heard_s[device] = self._clock.monotonic()

    def _check(self) -> None:
        now_s = self._clock.monotonic()
        for connection in self._current.values():
            connection.ask_again(now_s)
        for device, heard_s in self._heard_s.items():
            if now_s - heard_s > self._limits.idle_s:
                self._reporter.lose(device, "silence")
