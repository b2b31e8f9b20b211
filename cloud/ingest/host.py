"""Stores what the edges send and acknowledges it after the commit.

Order of keeping (decision 4): events and receipts into SQL, readings and ledger into the store, then the
acknowledgement. A crash in between makes the rows come again, and each part knows what it has.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

from cloud.core.event import Event, Severity
from cloud.core.ports import CommandLedger, EventLog, Quarantine, Registry, TimeSeriesStore
from cloud.core.series import StreamRow
from cloud.ingest.arrivals import ArrivalSorter, SetAside
from foundation.clock import Clock
from foundation.errors import LinkError
from gateway.deliveries import Delivery, DeviceBorn, DeviceLost, Malformed, NodeBorn, NodeLost, RowArrived
from gateway.host_application import HostApplication
from gateway.sparkplug.vocabulary import NodeBirth
from gateway.stream import Acknowledgement, RangeSet

log = logging.getLogger(__name__)

BATCH_ROWS = 64
BATCH_WAIT_S = 0.2
QUEUE_ROWS = 20_000
HEARD_WITHIN_S = 60.0
"""A node that was online when the last process ended is born again within this time, or it is gone."""
RETRY_S = 1.0
ACKNOWLEDGED_RANGES = 2_000
_PASSING = (LinkError, sqlite3.OperationalError, OSError)
"""A disk that is full, a database that is locked or away: the same batch is tried again."""
_REFUSED = (ValueError, TypeError, OverflowError, sqlite3.DataError, sqlite3.InterfaceError)
"""The content cannot be held, now or ever."""
Kept = TypeVar("Kept")
_EDGE_LIFE = uuid.UUID("5b4c1c3e-6f0b-4c52-9a39-1d9d3d1d2c11")


@dataclass(frozen=True, slots=True)
class IngestPorts:
    """Where ingest keeps what it hears; `wake` tells the jobs that there is something new."""

    store: TimeSeriesStore
    event_log: EventLog
    registry: Registry
    commands: CommandLedger
    quarantine: Quarantine
    institution_of: Callable[[str], str]
    department_of: Callable[[str], str]
    wake: Callable[[], None]


class Ingest:
    """`deliver` takes what the host application heard; `run` keeps and acknowledges it."""

    def __init__(self, ports: IngestPorts, clock: Clock) -> None:
        self._ports, self._clock = ports, clock
        self._sorter = ArrivalSorter(ports.institution_of, ports.department_of)
        self._queue: list[Delivery] = []
        self._arrived = asyncio.Event()
        self._datatypes: dict[tuple[str, str, str], str] = {}
        self._unheard = set(ports.registry.online_nodes())
        self._alive = set(self._unheard)
        self._unsynced: set[tuple[str, str]] = set()
        self._host: HostApplication | None = None

    def attach(self, host: HostApplication) -> None:
        """Acknowledgements go out through this host."""
        self._host = host

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Queue what was heard. Rows beyond a full queue are left out: the edge sends them again."""
        self._unheard -= {(one.group, one.node) for one in deliveries if isinstance(one, NodeBorn)}
        room = QUEUE_ROWS - len(self._queue)
        if len(deliveries) > room:
            deliveries = [one for one in deliveries if not isinstance(one, RowArrived | Malformed)]
        self._queue.extend(deliveries)
        self._arrived.set()

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
        while True:
            await self._arrived.wait()
            if len(self._queue) < BATCH_ROWS:
                await self._clock.sleep(BATCH_WAIT_S)
            batch, self._queue = self._queue[:BATCH_ROWS], self._queue[BATCH_ROWS:]
            if not self._queue:
                self._arrived.clear()
            await self._keep_until_done(batch)

    async def _keep_until_done(self, batch: Sequence[Delivery]) -> None:
        """A full disk or a locked database passes; until then nothing is acknowledged and nothing is dropped."""
        told = ""
        while True:
            try:
                heard = await asyncio.to_thread(self._keep, batch)
                break
            except _PASSING as error:
                if str(error) != told:
                    log.error("cannot store now, trying again: %s", error)
                told = str(error)
                await self._clock.sleep(RETRY_S)
        if told:
            log.info("storing again")
        for (group, node, stream), rows in heard.items():
            if self._host is not None:
                self._host.acknowledge(group, node, Acknowledgement(stream, rows))

    def _keep(self, batch: Sequence[Delivery]) -> dict[tuple[str, str, str], RangeSet]:
        rows: list[RowArrived | Malformed] = []
        for delivery in batch:
            if isinstance(delivery, RowArrived | Malformed):
                rows.append(delivery)
            else:
                _or_log(self._keep_life, delivery)
        births = [one for one in batch if isinstance(one, NodeBorn) and one.birth.stream]
        if not rows:
            return self._booked(births)
        now = self._clock.now_ms()
        arrivals = self._sorter.sort(rows, self._datatypes, now)
        refused = self._keep_events(arrivals.events)
        for row in rows:
            if isinstance(row, RowArrived):
                self._note_time(row)
                for receipt in row.receipts:
                    _or_log(partial(self._ports.commands.close, group=row.group, node=row.node), receipt)
        refused += self._store(arrivals.rows)
        for one in (*arrivals.set_aside, *refused):
            self._ports.quarantine.put(
                topic=_storable(one.topic),
                payload=one.payload,
                reason=_storable(one.reason),
                at_ms=now,
                stream=one.stream,
                spool=one.spool,
            )
        for stream, rows_booked in self._booked(births).items():
            for first, last in rows_booked:
                arrivals.heard.setdefault(stream, RangeSet()).add(first, last)
        return arrivals.heard

    def _note_time(self, row: RowArrived) -> None:
        """Say once when a node's times begin, and cease, to be without a time server behind them."""
        node = (row.group, row.node)
        if not row.readings or (row.unsynced > 0) == (node in self._unsynced):
            return
        if row.unsynced:
            self._unsynced.add(node)
            log.warning("node %s/%s: times of its readings are not synchronised", *node)
        else:
            self._unsynced.discard(node)
            log.info("node %s/%s: times of its readings are synchronised", *node)

    def _booked(self, births: Sequence[NodeBorn]) -> dict[tuple[str, str, str], RangeSet]:
        """All that the ledger holds of streams that begin a session: acknowledgements may have been lost before."""
        store = self._ports.store
        found = {}
        for one in births:
            # A part is as true as the whole, and a packet has an end.
            rows = RangeSet(islice(store.position(one.birth.stream), ACKNOWLEDGED_RANGES))
            if rows:
                found[one.group, one.node, one.birth.stream] = rows
        return found

    def _keep_events(self, events: Sequence[Event]) -> list[SetAside]:
        """Log the events; one that SQL cannot hold is set aside and the others are logged."""
        try:
            is_new = bool(events and self._ports.event_log.append(events))
        except _REFUSED as error:
            if len(events) == 1:
                return [SetAside(events[0].subject, repr(events[0]).encode(), str(error))]
            return [refused for event in events for refused in self._keep_events([event])]
        if is_new:
            self._ports.wake()
        return []

    def _store(self, rows: Sequence[StreamRow]) -> list[SetAside]:
        """Write the rows; when the store refuses the batch for its content, write singly and set the culprits aside."""
        try:
            self._ports.store.write(rows)
        except _REFUSED as error:
            log.error("the store refused a batch, writing row by row: %s", error)
            return [poison for row in rows for poison in self._store_one(row)]
        return []

    def _store_one(self, row: StreamRow) -> list[SetAside]:
        try:
            self._ports.store.write([row])
        except _REFUSED as error:
            lost = len(row.readings) + row.quarantined
            self._ports.store.write([StreamRow(row.stream, row.spool, row.group, row.device, (), lost)])
            return [
                SetAside(f"{row.group}/{row.device}", repr(row.readings).encode(), str(error), row.stream, row.spool)
            ]
        return []

    def _keep_life(self, delivery: NodeBorn | NodeLost | DeviceBorn | DeviceLost) -> None:
        registry = self._ports.registry
        match delivery:
            case NodeBorn(group, node, birth, at_ms):
                registry.node_born(group, node, birth.nonce, at_ms, is_lossy=_is_lossy(birth))
                self._edge_life(group, node, at_ms, is_alive=True)
            case NodeLost(group, node, at_ms):
                registry.node_lost(group, node, at_ms)
                self._edge_life(group, node, at_ms, is_alive=False)
            case DeviceBorn(group, node, birth, at_ms):
                registry.device_born(group, node, birth, at_ms)
                self._datatypes.update({(group, birth.device, point.name): point.datatype for point in birth.points})
            case DeviceLost(group, node, device, at_ms):
                registry.device_lost(group, node, device, at_ms)

    def _edge_life(self, group: str, node: str, at_ms: int, *, is_alive: bool) -> None:
        if is_alive == ((group, node) in self._alive):
            return  # a rebirth tells nothing new
        event_id = str(uuid.uuid5(_EDGE_LIFE, f"{group}/{node}/{at_ms}/{is_alive}"))
        kind = "edge.life"
        self._keep_events(
            [
                Event(
                    event_id,
                    self._ports.institution_of(group),
                    kind,
                    self._ports.department_of(kind),
                    Severity.INFO,
                    f"node:{node}",
                    at_ms,
                    self._clock.now_ms(),
                    data={"alive": is_alive, "group": group, "node": node},
                )
            ]
        )
        # Only now: while SQL is away this is tried again, and must then still be news.
        if is_alive:
            self._alive.add((group, node))
        else:
            self._alive.discard((group, node))


def _is_lossy(birth: NodeBirth) -> bool:
    """Whether a node sends without waiting for our word: a foreign one has no stream, one of ours was told so."""
    return not birth.stream or birth.properties.get("acknowledgement") == "none"


def _storable(text: str) -> str:
    """Without what no database takes as text: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:1_000]


def _or_log(keep: Callable[[Kept], None], what: Kept) -> None:
    """What SQL can never hold is told to people and left out; it must not end the ingest."""
    try:
        keep(what)
    except _REFUSED as error:
        log.error("cannot be kept: %r: %s", what, error)
