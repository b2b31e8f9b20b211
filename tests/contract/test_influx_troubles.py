"""A server in every kind of trouble: nothing is lost, nothing doubled, and exactly the poison is set aside."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import sqlalchemy as sa

from cloud.adapters.influx import server as influx_server
from cloud.adapters.influx.server import InfluxAddress, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.series import SeriesKey, StreamRow
from cloud.ingest.host import HEARD_WITHIN_S, RETRY_S, Ingest
from cloud.ingest.keeper import IngestPorts
from foundation.errors import LinkError
from foundation.rng import SeededRng
from gateway.deliveries import RowArrived
from gateway.messages import Reading
from gateway.stream import Acknowledgement, RangeSet
from tests.support.fakes import FakeEventLog
from tests.support.influx import running_influxdb
from tests.support.manual_clock import ManualClock
from tests.support.servers import require
from tests.support.sql_database import empty_sqlite
from tests.support.troubled_http import Answer, TroubledHttp
from tests.support.waiting import running, until

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
GROUP, DEVICE = "county", "a-main"
POWER, VOLTAGE = "Power/Active/Total", "Voltage/L1"
T0 = 1_790_000_000_000
ROWS = 60
POISON = 666.0


class PatientClock(ManualClock):
    """Remembers how long was waited."""

    def __init__(self) -> None:
        super().__init__(is_eager=True)
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


@dataclass
class Kept:
    """A quarantine in memory."""

    set_aside: list[tuple[int, str]] = field(default_factory=list)

    def put(self, *, topic: str, payload: bytes, reason: str, at_ms: int, stream: str = "", spool: int = 0) -> None:
        [reading] = json.loads(payload)
        if (spool, reading["point"]) not in self.set_aside:
            self.set_aside.append((spool, reading["point"]))

    def counts(self) -> dict[str, int]:
        return {}


class Side:
    """A real ingest before a real InfluxDB with trouble in between."""

    def __init__(self, front: TroubledHttp, engine: sa.Engine, kind: Literal["influx1", "influx2"] = "influx1") -> None:
        self.front, self.clock, self.kept = front, PatientClock(), Kept()
        server = open_server(InfluxAddress(kind, front.url, f"test_{uuid.uuid4().hex}", "office", ""))
        if kind == "influx1":
            server.prepare()
        self.store = InfluxStore(server, engine, lambda group, device: {})
        sql = sql_ports(engine, self.clock)
        ports = IngestPorts(
            store=self.store,
            event_log=FakeEventLog(),
            registry=sql.registry,
            commands=sql.commands,
            quarantine=self.kept,
            institution_of=lambda group: "county",
            department_of=lambda kind: "information",
            wake=lambda: None,
        )
        self.ingest = Ingest(ports, self.clock, SeededRng(1))
        self.ingest.attach(self)  # type: ignore[arg-type]
        self.acknowledged = RangeSet()

    def acknowledge(self, group: str, node: str, acknowledgement: Acknowledgement) -> None:
        for first, last in acknowledgement.rows:
            self.acknowledged.add(first, last)

    async def take(self, rows: range, poison: frozenset[int] = frozenset()) -> None:
        """Rows of two readings each until they are acknowledged; the load of a poisoned one is POISON."""
        async with running(self.ingest.run()):
            self.ingest.deliver([arrived(spool, spool in poison) for spool in rows])
            await until(lambda: self.acknowledged.covers(rows[0], rows[-1]), what="all rows acknowledged")

    def read(self, point: str) -> list[float]:
        return [float(one.value or 0) for one in self.store.series(SeriesKey(GROUP, DEVICE, point), 0, 2**50)]


def arrived(spool: int, is_poisoned: bool) -> RowArrived:
    at_ms = T0 + spool * 1000
    power = POISON if is_poisoned else float(spool)
    readings = (Reading(POWER, power, at_ms), Reading(VOLTAGE, 230.0 + spool, at_ms))
    return RowArrived(GROUP, "edge-1", DEVICE, STREAM, spool, readings, (), (), (), "topic", b"raw")


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with empty_sqlite(tmp_path) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def side(influx_url: str, engine: sa.Engine) -> Iterator[Side]:
    with TroubledHttp(influx_url).running() as front:
        yield Side(front, engine)


TROUBLES = {
    "busy": (Answer(503), None),
    "failing": (Answer(500, b"timeout"), None),
    "too many requests": (Answer(429, headers={"Retry-After": "17"}), 17.0),
    "unauthorised": (Answer(401, b"unable to parse authentication credentials"), influx_server.PUT_RIGHT_S),
    "forbidden": (Answer(403), influx_server.PUT_RIGHT_S),
    "no such bucket": (Answer(404, b"database not found"), influx_server.PUT_RIGHT_S),
    "hangs up": (Answer(0), None),
    "stores and hangs up": (Answer(0, is_stored=True), None),
    "stores and says it failed": (Answer(500, is_stored=True), None),
}


@pytest.mark.parametrize("trouble", list(TROUBLES))
async def test_what_passes_is_waited_out_and_nothing_is_lost_or_doubled(side: Side, trouble: str) -> None:
    answer, wait_s = TROUBLES[trouble]
    side.front.first(*[answer] * 3)
    await side.take(range(1, ROWS + 1))
    assert side.read(POWER) == [float(spool) for spool in range(1, ROWS + 1)]
    counts = side.store.counts()
    assert (counts.stored, counts.duplicates, counts.quarantined) == (2 * ROWS, 0, 0)
    assert side.kept.set_aside == []
    side.clock.waits.remove(HEARD_WITHIN_S)
    waits = [one for one in side.clock.waits if one >= RETRY_S / 2]
    # As long as the server says; else 1, 2 and 4 s, each anywhere between half of it and all.
    spans = [(wait_s, wait_s)] * 3 if wait_s is not None else [(0.5, 1), (1, 2), (2, 4)]
    assert [low <= wait <= high for (low, high), wait in zip(spans, waits, strict=True)] == [True] * 3


async def test_a_server_that_never_answers_is_waited_for_no_longer_than_its_time(
    influx_url: str, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influx_server, "TIMEOUT_S", 0.3)
    answered = threading.Event()
    with TroubledHttp(influx_url).running() as front:
        side = Side(front, engine)
        front.trouble = lambda body: Answer(0) if front.writes == 1 and not answered.wait(5) else None
        await side.take(range(1, ROWS + 1))
        answered.set()
        assert (side.store.counts().stored, side.store.counts().duplicates) == (2 * ROWS, 0)
        assert front.writes == 2


async def test_what_is_too_much_at_once_is_sent_in_parts(side: Side) -> None:
    side.front.trouble = lambda body: Answer(413) if body.count(b"\n") >= 8 else None
    await side.take(range(1, ROWS + 1))
    assert side.read(VOLTAGE) == [230.0 + spool for spool in range(1, ROWS + 1)]
    assert side.store.counts().duplicates == 0


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize("status", [400, 422])
async def test_exactly_the_poison_is_set_aside_and_the_rest_is_stored_in_bulk(
    side: Side, status: int, is_stored: bool
) -> None:
    """2.x refuses a whole request for one bad line; 1.x and 3 store the good ones and say that some were not."""
    poison = frozenset({7, 8, 41})

    def refuse(body: bytes) -> Answer | None:
        good = [line for line in body.split(b"\n") if f"p_w={POISON}".encode() not in line]
        if len(good) == body.count(b"\n") + 1:
            return None
        if is_stored and good:
            side.front.store(b"\n".join(good))
        return Answer(status, b"refused")

    side.front.trouble = refuse
    await side.take(range(1, ROWS + 1), poison)
    assert sorted(side.kept.set_aside) == [(spool, POWER) for spool in sorted(poison)]
    assert side.read(POWER) == [float(spool) for spool in range(1, ROWS + 1) if spool not in poison]
    # The other reading of a poisoned row is kept.
    assert side.read(VOLTAGE) == [230.0 + spool for spool in range(1, ROWS + 1)]
    counts = side.store.counts()
    assert (counts.stored, counts.quarantined, counts.duplicates) == (2 * ROWS - 3, 3, 0)
    # Halved, not one by one.
    assert side.front.writes < ROWS


async def test_a_type_conflict_sets_aside_the_reading_alone(side: Side) -> None:
    await side.take(range(1, 3))
    side.store.write([StreamRow("", 0, GROUP, "other", (Reading("Relay/1", True, T0),))])
    wrong = RowArrived(
        GROUP, "edge-1", "other", STREAM, 3, (Reading("Relay/1", 0.5, T0 + 1), Reading(POWER, 3.0, T0 + 1)), (), (), (),
        "topic", b"raw",
    )  # fmt: skip
    async with running(side.ingest.run()):
        side.ingest.deliver([wrong, arrived(4, False)])
        await until(lambda: side.acknowledged.covers(1, 4), what="all rows acknowledged")
    assert side.kept.set_aside == [(3, "Relay/1")]
    assert [one.value for one in side.store.series(SeriesKey(GROUP, "other", POWER), 0, 2**50)] == [3.0]
    assert side.store.counts().duplicates == 0


@pytest.mark.parametrize("kind", ["influx1", "influx2"])
def test_both_write_paths_tell_the_same_of_an_answer(kind: Literal["influx1", "influx2"]) -> None:
    with TroubledHttp("http://127.0.0.1:9").running() as front:
        server = open_server(InfluxAddress(kind, front.url, "iot_raw", "office", "user:password"))
        for answer, error, wait_s in (
            (Answer(429, headers={"Retry-After": "17"}), LinkError, 17.0),
            (Answer(503, headers={"Retry-After": "86400"}), LinkError, influx_server.LONGEST_WAIT_S),
            (Answer(503, headers={"Retry-After": "Wed, 25 Nov 2026 10:00:00 GMT"}), LinkError, None),
            (Answer(401), LinkError, influx_server.PUT_RIGHT_S),
            (Answer(413), influx_server.TooLarge, None),
            (Answer(400, b"unable to parse"), ValueError, None),
            (Answer(0), LinkError, None),
        ):
            front.first(answer)
            with pytest.raises(error) as refusal:
                server.write(b"m v=1 1")
            assert getattr(refusal.value, "wait_s", None) == wait_s
        front.first(Answer(204))
        server.write(b"m v=1 1")
        assert front.writes == 8
