"""Keeps one batch of what the edges said: everything in it is committed, or booked as set aside, on return.

Order of keeping (decision 4): events and receipts into SQL, readings and ledger into the store. A crash in between
makes the rows come again, and each part knows what it has.
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeVar

from cloud.core.event import Event, Severity
from cloud.core.ports import CommandLedger, EventLog, Quarantine, Registry, TimeSeriesStore
from cloud.core.series import StreamRow
from cloud.ingest.arrivals import Arrivals, ArrivalSorter, SetAside, readings_bytes
from foundation.clock import Clock
from gateway.deliveries import Delivery, DeviceBorn, DeviceLost, Malformed, NodeBorn, NodeLost, RowArrived
from gateway.sparkplug.vocabulary import NodeBirth
from gateway.stream import RangeSet

log = logging.getLogger(__name__)

ACKNOWLEDGED_RANGES = 2_000
_REFUSED = (ValueError, TypeError, OverflowError, sqlite3.DataError, sqlite3.InterfaceError)
"""The content cannot be held, now or ever."""
Kept = TypeVar("Kept")
Heard = dict[tuple[str, str, str], RangeSet]
"""Row numbers that may be acknowledged, by group, node and stream."""
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


class Keeper:
    """Calls must not overlap. Errors that pass (a full disk, a database that is away) come out of `keep`."""

    def __init__(self, ports: IngestPorts, clock: Clock) -> None:
        self._ports, self._clock = ports, clock
        self._sorter = ArrivalSorter(ports.institution_of, ports.department_of)
        self._alive = set(ports.registry.online_nodes())
        self._unsynced: set[tuple[str, str]] = set()

    def keep(self, batch: Sequence[Delivery]) -> Heard:
        """Keep everything in its order; tried again with the same batch, it changes nothing twice."""
        now = self._clock.now_ms()
        arrivals = Arrivals()
        for delivery in batch:
            if isinstance(delivery, RowArrived | Malformed):
                self._sorter.sort(arrivals, delivery, now)
            else:
                _or_log(self._keep_life, delivery)
        refused = self._keep_events(arrivals.events)
        for row in batch:
            if isinstance(row, RowArrived):
                self._note_time(row)
                for receipt in row.receipts:
                    _or_log(partial(self._ports.commands.close, group=row.group, node=row.node), receipt)
        if arrivals.rows:
            self._store(arrivals.rows, now)
        for one in (*arrivals.set_aside, *refused):
            self._set_aside(one, now)
        return self._with_booked(batch, arrivals.heard)

    def _set_aside(self, one: SetAside, now: int) -> None:
        self._ports.quarantine.put(
            topic=_storable(one.topic),
            payload=one.payload,
            reason=_storable(one.reason),
            at_ms=now,
            stream=one.stream,
            spool=one.spool,
        )

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

    def _with_booked(self, batch: Sequence[Delivery], heard: Heard) -> Heard:
        """With all that the ledger holds of streams that begin a session: acknowledgements may have been lost."""
        for one in batch:
            if isinstance(one, NodeBorn) and one.birth.stream:
                # A part is as true as the whole, and a packet has an end.
                booked = list(islice(self._ports.store.position(one.birth.stream), ACKNOWLEDGED_RANGES))
                if booked:
                    rows = heard.setdefault((one.group, one.node, one.birth.stream), RangeSet())
                    for first, last in booked:
                        rows.add(first, last)
        return heard

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

    def _store(self, rows: Sequence[StreamRow], now: int) -> None:
        """Write the rows; what the store refuses for its content is halved until the culprits stand alone."""
        try:
            self._ports.store.write(rows)
        except _REFUSED as error:
            if len(rows) == 1:
                self._store_without_poison(rows[0], str(error), now)
                return
            log.error("the store refused a batch of %d rows, writing its halves: %s", len(rows), error)
            half = len(rows) // 2
            self._store(rows[:half], now)
            self._store(rows[half:], now)

    def _store_without_poison(self, row: StreamRow, reason: str, now: int) -> None:
        """The row without the readings that the store refuses; without any if it does not tell which."""
        poison = self._ports.store.refusals(row) or dict.fromkeys(range(len(row.readings)), reason)
        # Set aside before the row is booked: a booked row is not looked at again.
        for place, why in sorted(poison.items()):
            content = readings_bytes([row.readings[place]])
            self._set_aside(SetAside(f"{row.group}/{row.device}", content, why, row.stream, row.spool), now)
        good = tuple(one for place, one in enumerate(row.readings) if place not in poison)
        rest = replace(row, readings=good, quarantined=row.quarantined + len(poison))
        try:
            self._ports.store.write([rest])
        except _REFUSED as error:
            if not good:
                raise
            self._store_without_poison(rest, str(error), now)

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
                self._sorter.declare(group, birth)
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
