"""Stores what the edges send and acknowledges it after the commit.

While one batch is stored in a thread, the event loop hears and decodes the next: a batch is whatever came meanwhile.
So batches grow with the load, and where there is little to do a row waits for BATCH_WAIT_S at most.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence

from cloud.ingest.arrival_queue import ArrivalQueue
from cloud.ingest.keeper import IngestPorts as IngestPorts
from cloud.ingest.keeper import Keeper
from foundation.clock import Clock
from foundation.errors import LinkError
from foundation.rng import Rng
from gateway.deliveries import Delivery, NodeBorn, NodeLost
from gateway.host_application import HostApplication
from gateway.stream import Acknowledgement

log = logging.getLogger(__name__)

BATCH_POINTS = 50_000
BATCH_WAIT_S = 0.2
HEARD_WITHIN_S = 60.0
"""A node that was online when the last process ended is born again within this time, or it is gone."""
RETRY_S, LONGEST_RETRY_S = 1.0, 30.0
_PASSING = (LinkError, sqlite3.OperationalError, OSError)
"""A disk that is full, a database that is locked or away: the same batch is tried again."""


class Ingest:
    """`deliver` takes what the host application heard; `run` keeps and acknowledges it."""

    def __init__(self, ports: IngestPorts, clock: Clock, rng: Rng, queue: ArrivalQueue | None = None) -> None:
        self._clock, self._rng = clock, rng
        self._keeper = Keeper(ports, clock)
        self.queue = queue or ArrivalQueue()
        self._arrived, self._plenty, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._unheard = set(ports.registry.online_nodes())
        self._is_leaving_out = False
        self._host: HostApplication | None = None

    def attach(self, host: HostApplication) -> None:
        """Acknowledgements go out through this host."""
        self._host = host

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Queue what was heard. Rows beyond a full queue are left out: the edge sends them again."""
        self._unheard -= {(one.group, one.node) for one in deliveries if isinstance(one, NodeBorn)}
        before = self.queue.left_out
        self.queue.put(deliveries)
        if self.queue.left_out > before and not self._is_leaving_out:
            self._is_leaving_out = True
            log.warning("more comes than can be stored: rows are left to their edges")
        self._look()

    async def room(self) -> None:
        """Wait while there is more than the queue should ever hold, which only births can bring about."""
        await self._room.wait()

    async def run(self) -> None:
        """Keep and acknowledge batches until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._miss_unheard())
            tasks.create_task(self._keep_arrivals())

    async def _miss_unheard(self) -> None:
        await self._clock.sleep(HEARD_WITHIN_S)
        now = self._clock.now_ms()
        self.deliver([NodeLost(group, node, now) for group, node in sorted(self._unheard)])

    async def _keep_arrivals(self) -> None:
        self._look()
        while True:
            await self._arrived.wait()
            await self._gather()
            batch = self.queue.take(BATCH_POINTS)
            self._look()
            if self._is_leaving_out and not self.queue.is_plenty:
                self._is_leaving_out = False
                log.info("there is room again; %d rows were left to their edges so far", self.queue.left_out)
            await self._keep_until_done(batch)

    async def _gather(self) -> None:
        """Let a little more come along, unless there is plenty."""
        if self._plenty.is_set():
            return
        first = [asyncio.ensure_future(self._clock.sleep(BATCH_WAIT_S)), asyncio.ensure_future(self._plenty.wait())]
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in first:
                one.cancel()

    async def _keep_until_done(self, batch: Sequence[Delivery]) -> None:
        """A full disk or a locked database passes; until then nothing is acknowledged and nothing is dropped."""
        told, wait_s = "", RETRY_S
        while True:
            try:
                heard = await asyncio.to_thread(self._keeper.keep, batch)
                break
            except _PASSING as error:
                if str(error) != told:
                    log.error("cannot store now, trying again: %s", error)
                told = str(error)
                asked_s = error.wait_s if isinstance(error, LinkError) else None
                # Several processes that were refused at once must not come back at once.
                await self._clock.sleep(asked_s or self._rng.uniform(wait_s / 2, wait_s))
                wait_s = min(2 * wait_s, LONGEST_RETRY_S)
        if told:
            log.info("storing again")
        for (group, node, stream), rows in heard.items():
            if self._host is not None:
                self._host.acknowledge(group, node, Acknowledgement(stream, rows))

    def _look(self) -> None:
        """Tell whoever waits how full the queue is."""
        for event, is_so in (
            (self._arrived, len(self.queue) > 0),
            (self._plenty, self.queue.is_plenty),
            (self._room, not self.queue.is_overfull),
        ):
            (event.set if is_so else event.clear)()
