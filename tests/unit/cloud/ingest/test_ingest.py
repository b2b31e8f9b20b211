"""Ingest acknowledges only what is kept, waits out what passes, and sets aside what can never be kept."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.event import Event, LoggedEvent
from cloud.core.institution import UNASSIGNED
from cloud.core.series import StreamRow, WriteResult
from cloud.ingest.arrival_queue import ArrivalQueue
from cloud.ingest.host import Ingest
from cloud.ingest.keeper import IngestPorts
from foundation.disk import SystemDisk
from foundation.errors import LinkError
from foundation.rng import SeededRng
from gateway.deliveries import DeviceBorn, Fault, Malformed, NodeBorn, NodeLost, RowArrived
from gateway.messages import DeviceBirth, DeviceEvent, Reading
from gateway.sparkplug.vocabulary import NodeBirth
from gateway.stream import Acknowledgement, RangeSet
from tests.support.fakes import FakeEventLog
from tests.support.manual_clock import ManualClock
from tests.support.waiting import running, until

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"


@dataclass
class Kept:
    """A quarantine in memory."""

    set_aside: list[tuple[str, int, str]] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)

    def put(self, *, topic: str, payload: bytes, reason: str, at_ms: int, stream: str = "", spool: int = 0) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.set_aside.append((stream, spool, reason))

    def counts(self) -> dict[str, int]:
        return {"malformed": sum(not stream for stream, _, _ in self.set_aside)}


class TroubledStore(EmbeddedStore):
    """Fails as often as told; refuses any batch that holds `poison`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "series.db", SystemDisk())
        self.troubles: list[Exception] = []
        self.poison: float | None = None

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        if self.troubles:
            raise self.troubles.pop(0)
        if any(reading.value == self.poison for row in rows for reading in row.readings):
            raise ValueError("the store cannot hold this")
        return super().write(rows)

    def refusals(self, row: StreamRow) -> dict[int, str]:
        found = [place for place, one in enumerate(row.readings) if one.value == self.poison]
        return dict.fromkeys(found, "the store cannot hold this")


class PickyLog(FakeEventLog):
    """Refuses any batch with the event `bad`."""

    def append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        if any(event.event_id == "bad" for event in events):
            raise ValueError("cannot hold this")
        return super().append(events)


class Bench:
    """An ingest with everything around it in memory."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(is_eager=True)
        self.store, self.log, self.kept = TroubledStore(folder), PickyLog(), Kept()
        engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
        migrate(engine)
        sql = sql_ports(engine, self.clock)
        self.registry = sql.registry
        self.acknowledged: list[Acknowledgement] = []
        ports = IngestPorts(
            store=self.store,
            event_log=self.log,
            registry=sql.registry,
            commands=sql.commands,
            quarantine=self.kept,
            institution_of=lambda group: "county",
            department_of=lambda kind: "safety",
            wake=lambda: None,
        )
        self.ingest = Ingest(ports, self.clock, SeededRng(1))
        self.ingest.attach(self)  # type: ignore[arg-type]

    def acknowledge(self, group: str, node: str, acknowledgement: Acknowledgement) -> None:
        self.acknowledged.append(acknowledgement)

    def row(self, spool: int, *values: float, events: tuple[DeviceEvent, ...] = (), faults: int = 0) -> RowArrived:
        now = self.clock.now_ms()
        readings = tuple(Reading("P", value, now + n) for n, value in enumerate(values))
        broken = tuple(Fault("Q", "broken", is_reading=True) for _ in range(faults))
        return RowArrived("g", "edge-1", "a-main", STREAM, spool, readings, events, (), broken, "topic", b"raw")

    def rows_acknowledged(self) -> RangeSet:
        rows = RangeSet()
        for acknowledgement in self.acknowledged:
            assert acknowledgement.stream == STREAM
            for first, last in acknowledgement.rows:
                rows.add(first, last)
        return rows


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    "trouble", [sqlite3.OperationalError("database or disk is full"), LinkError("away"), OSError(28, "no space")]
)
async def test_what_passes_is_told_once_waited_out_and_acknowledged_only_afterwards(
    bench: Bench, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    bench.store.troubles = [trouble] * 3
    with caplog.at_level(logging.INFO, "cloud.ingest"):
        async with running(bench.ingest.run()):
            bench.ingest.deliver([bench.row(1, 5.0), bench.row(2, 6.0)])
            await until(lambda: bool(bench.acknowledged))
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert not bench.store.troubles
    assert bench.rows_acknowledged() == RangeSet([(1, 2)])
    assert bench.store.position(STREAM) == RangeSet([(1, 2)])


async def test_content_the_store_refuses_is_set_aside_alone(bench: Bench) -> None:
    bench.store.poison = 6.0
    async with running(bench.ingest.run()):
        bench.ingest.deliver([bench.row(1, 5.0), bench.row(2, 6.0, 7.0), bench.row(3, 8.0)])
        await until(lambda: bool(bench.acknowledged))
    assert bench.rows_acknowledged() == RangeSet([(1, 3)])
    assert bench.kept.set_aside == [(STREAM, 2, "the store cannot hold this")]
    # Its neighbour in the same row is stored.
    assert (bench.store.counts().stored, bench.store.counts().quarantined) == (3, 1)


async def test_poison_is_set_aside_even_if_the_quarantine_was_away_at_first(bench: Bench) -> None:
    bench.store.poison = 6.0
    bench.kept.troubles = [LinkError("away")]
    async with running(bench.ingest.run()):
        bench.ingest.deliver([bench.row(1, 5.0), bench.row(2, 6.0), bench.row(3, 8.0)])
        await until(lambda: bool(bench.acknowledged))
    assert bench.rows_acknowledged() == RangeSet([(1, 3)])
    assert bench.kept.set_aside == [(STREAM, 2, "the store cannot hold this")]


async def test_a_reading_that_makes_no_sense_does_not_take_its_neighbours_along(bench: Bench) -> None:
    async with running(bench.ingest.run()):
        bench.ingest.deliver([bench.row(1, 5.0, float("inf"), faults=1)])
        await until(lambda: bool(bench.acknowledged))
    assert [(stream, spool) for stream, spool, _ in bench.kept.set_aside] == [(STREAM, 1)] * 2
    counts = bench.store.counts()
    assert (counts.stored, counts.quarantined) == (1, 2)


async def test_one_event_that_cannot_be_kept_does_not_stop_the_others(bench: Bench) -> None:
    now = bench.clock.now_ms()
    events = [DeviceEvent(name, "camera.review", "cam-gate", now) for name in ("good", "bad", "fine")]
    async with running(bench.ingest.run()):
        bench.ingest.deliver([bench.row(n, events=(event,)) for n, event in enumerate(events, 1)])
        await until(lambda: bool(bench.acknowledged))
    assert [event.event_id for event in bench.log.events] == ["good", "fine"]
    assert bench.rows_acknowledged() == RangeSet([(1, 3)])


async def test_an_event_heard_late_says_so(bench: Bench) -> None:
    old = DeviceEvent("e1", "camera.review", "cam-gate", bench.clock.now_ms() - 3_600_000)
    async with running(bench.ingest.run()):
        bench.ingest.deliver([bench.row(1, events=(old,))])
        await until(lambda: bool(bench.log.events))
    (event,) = bench.log.events
    assert (event.is_late, event.subject, event.institution_id) == (True, "device:cam-gate", "county")


async def test_rows_beyond_a_full_queue_are_left_to_their_edge_and_never_acknowledged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.ingest.queue = ArrivalQueue(most_points=10)
    with caplog.at_level(logging.INFO, "cloud.ingest"):
        bench.ingest.deliver([bench.row(n, 1.0, 2.0) for n in range(1, 6)])
        bench.ingest.deliver([NodeLost("g", "edge-1", 5), bench.row(6, 1.0)])
        assert bench.ingest.queue.left_out == 3
        async with running(bench.ingest.run()):
            await until(lambda: bool(bench.acknowledged))
            bench.ingest.deliver([bench.row(n, 1.0) for n in (4, 5, 6)])
            await until(lambda: len(bench.rows_acknowledged()) == 6)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert bench.acknowledged[0].rows == RangeSet([(1, 3)])


async def test_a_host_hears_no_more_while_births_overfill_the_queue(bench: Bench) -> None:
    bench.ingest.queue = ArrivalQueue(most_points=10)
    birth = NodeBorn("g", "edge-1", NodeBirth(STREAM, "nonce", {}), 1)
    waiting = asyncio.create_task(bench.ingest.room())
    bench.ingest.deliver([birth])
    await asyncio.wait_for(waiting, 5)
    bench.ingest.deliver([birth, birth])
    waiting = asyncio.create_task(bench.ingest.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    async with running(bench.ingest.run()):
        await asyncio.wait_for(waiting, 5)


async def test_an_edge_that_comes_and_goes_is_an_event_each_time(bench: Bench) -> None:
    birth = NodeBirth(STREAM, "nonce", {})
    async with running(bench.ingest.run()):
        bench.ingest.deliver([NodeBorn("g", "edge-1", birth, 1), NodeBorn("g", "edge-1", birth, 2)])
        bench.ingest.deliver([NodeLost("g", "edge-1", 3), NodeBorn("g", "edge-1", birth, 4)])
        await until(lambda: len(bench.log.events) >= 3)
    assert [(event.kind, event.data["alive"]) for event in bench.log.events] == [
        ("edge.life", True),
        ("edge.life", False),
        ("edge.life", True),
    ]


@pytest.mark.parametrize(
    ("stream", "properties", "is_lossy"),
    [
        (STREAM, {}, False),
        (STREAM, {"acknowledgement": "required"}, False),
        (STREAM, {"acknowledgement": "none"}, True),
        ("", {}, True),
    ],
    ids=["of ours, silent", "of ours", "of ours, told to", "foreign"],
)
async def test_a_node_that_waits_for_no_acknowledgement_is_remembered_as_lossy(
    bench: Bench, stream: str, properties: dict[str, str], is_lossy: bool
) -> None:
    births = [
        NodeBorn("g", "edge-1", NodeBirth(stream, "nonce", properties), 1),
        DeviceBorn("g", "edge-1", DeviceBirth("a-main", {}, ()), 2),
    ]
    async with running(bench.ingest.run()):
        bench.ingest.deliver(births)
        await until(lambda: bool(bench.registry.devices({UNASSIGNED})))
    (device,) = bench.registry.devices({UNASSIGNED})
    assert device.is_lossy is is_lossy


async def test_a_payload_nobody_can_read_is_kept_with_its_bytes(bench: Bench) -> None:
    async with running(bench.ingest.run()):
        bench.ingest.deliver([Malformed("topic", b"\xff", "not a payload", 1)])
        await until(lambda: bool(bench.kept.set_aside))
    assert bench.kept.counts()["malformed"] == 1
