"""What is particular to the store on InfluxDB: replies that get lost, refused content, both write paths."""

from __future__ import annotations

import json
import random
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.adapters.influx.server import InfluxAddress, InfluxServer, Series, open_server, raise_for
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.influx.tables import under_way
from cloud.adapters.sql.database import migrate
from cloud.core.series import Sample, SeriesKey, StreamRow
from foundation.errors import LinkError
from gateway.messages import Quality, Reading
from tests.support.influx import running_influxdb, running_victoria_metrics
from tests.support.servers import require
from tests.support.sql_database import empty_sqlite
from tests.support.waiting import until

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
KEY = SeriesKey("demo-county", "a-main", "Energy/Active/Total")
T0 = 1_790_000_000_000


class LosesReplies:
    """A server whose answer to a write may get lost after it was stored, or the write before it."""

    def __init__(self, server: InfluxServer, chance: random.Random) -> None:
        self._server, self._chance = server, chance
        self.fails = 0.0
        self.is_reply_lost = False
        self.questions = 0

    def write(self, lines: bytes, *, precision: str = "ms") -> None:
        if self._chance.random() < self.fails:
            raise LinkError("the request got lost")
        self._server.write(lines, precision=precision)
        if self.is_reply_lost or self._chance.random() < self.fails:
            raise LinkError("the reply got lost")

    def query(self, text: str) -> list[Series]:
        self.questions += 1
        return self._server.query(text)

    def prepare(self) -> None:
        self._server.prepare()


@pytest.fixture(scope="module")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with empty_sqlite(tmp_path) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def server(influx_url: str) -> LosesReplies:
    server = open_server(InfluxAddress("influx1", influx_url, f"test_{uuid.uuid4().hex}"))
    server.prepare()
    return LosesReplies(server, random.Random(7))


def open_store(server: InfluxServer, engine: sa.Engine) -> InfluxStore:
    return InfluxStore(server, engine, lambda group, device: {"building": "building-a"})


def row(spool: int, value: float, at: int = T0) -> StreamRow:
    return StreamRow(STREAM, spool, KEY.group, KEY.device, (Reading(KEY.point, value, at),))


@pytest.mark.parametrize("starts_anew", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_lost_requests_and_replies_lose_nothing_and_double_nothing(
    server: LosesReplies, engine: sa.Engine, seed: int, starts_anew: bool
) -> None:
    """Rows with clashing times in any order, written again until each is booked, by one program or ever new ones."""
    chance = random.Random(seed)
    rows = [row(spool, spool, T0 + chance.randrange(6)) for spool in range(1, 25)]
    chance.shuffle(rows)
    store = open_store(server, engine)
    for start in range(0, len(rows), 4):
        is_kept = False
        while not is_kept:
            server.fails = 0.4
            try:
                store.write(rows[start : start + 4])
                is_kept = True
            except LinkError:
                store = open_store(server, engine) if starts_anew else store
    server.fails = 0.0
    counts = open_store(server, engine).counts()
    values = sorted(int(one.value) for one in open_store(server, engine).series(KEY, 0, 2**50) if one.value)
    assert values == list(range(1, 25))
    assert (counts.stored, counts.duplicates, counts.rows) == (24, 0, 24)


@pytest.mark.parametrize("seed", range(4))
def test_rows_sent_before_a_crash_go_to_the_same_points_whatever_batches_they_come_again_in(
    server: LosesReplies, engine: sa.Engine, seed: int
) -> None:
    """Each program sends some rows, clashing ones together, and dies before it books them; the device moves house."""
    chance = random.Random(seed)
    rows = [row(spool, spool, T0 + spool // 3) for spool in range(1, 31)]
    server.is_reply_lost = True
    for house, (start, end) in enumerate([(0, 11), (5, 17), (11, 20), (0, 11)]):
        store = InfluxStore(server, engine, lambda group, device, house=house: {"building": f"building-{house}"})  # type: ignore[misc]
        with pytest.raises(LinkError):
            store.write(rows[start:end])
    server.is_reply_lost = False
    store = InfluxStore(server, engine, lambda group, device: {"building": "building-z"})
    waiting, last = rows[:20], rows[20:]
    chance.shuffle(waiting)
    while waiting:
        size = chance.randint(1, 6)
        batch, waiting = waiting[:size], waiting[size:]
        store.write(batch)
    store.write(last)
    counts = store.counts()
    assert (counts.stored, counts.duplicates, counts.rows) == (30, 0, 30)
    values = [int(one.value) for one in store.series(KEY, 0, 2**50) if one.value]
    assert sorted(values) == list(range(1, 31))
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(under_way)).scalar() == 0


def test_a_second_program_that_writes_the_same_series_is_noticed(server: LosesReplies, engine: sa.Engine) -> None:
    one, other = open_store(server, engine), open_store(server, engine)
    one.write([row(1, 1)])
    other.write([row(2, 2, T0 + 1)])
    assert one.write([row(3, 3, T0 + 1)]).moved == 1
    assert [sample.value for sample in other.series(KEY, 0, 2**50)] == [1, 2, 3]


def test_a_row_noted_by_an_older_program_keeps_its_tags_and_shifts(server: LosesReplies, engine: sa.Engine) -> None:
    noted = {"stream": STREAM, "spool": 1, "tags": {"building": "old"}, "shifts": {f"{KEY.point}@{T0}": 2}}
    with engine.begin() as connection:
        connection.execute(sa.insert(under_way).values(noted))
    assert open_store(server, engine).write([row(1, 7)]).moved == 1
    [series] = server.query("SELECT tot_wh FROM meter_register GROUP BY *")
    assert (series.tags["building"], series.values) == ("old", [[T0 + 2, 7]])
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(under_way)).scalar() == 0


def test_weeks_before_newer_readings_ask_the_server_once_and_clash_with_nothing(
    server: LosesReplies, engine: sa.Engine
) -> None:
    store = open_store(server, engine)
    store.write([row(1, 0, T0)])
    for spool in range(10):
        moments = range(T0 - 1_000 + spool * 100, T0 - 1_000 + spool * 100 + 100)
        readings = tuple(Reading(KEY.point, at - T0, at) for at in moments)
        store.write([StreamRow(STREAM, 2 + spool, KEY.group, KEY.device, readings)])
    assert server.questions == 1
    again = store.write([row(20, 7, T0 - 500), row(21, 8, T0 - 2_000), row(22, 9, T0 - 2_000)])
    assert again.moved == 2
    values = [one.value for one in store.series(KEY, T0 - 2_001, T0 - 998)]
    assert values == [8, 9, -1000, -999]
    assert (store.counts().stored, store.counts().duplicates) == (1_004, 0)


def test_a_moment_planned_after_an_earlier_one_of_the_same_batch_stays_taken(
    server: LosesReplies, engine: sa.Engine
) -> None:
    store = open_store(server, engine)
    store.write([row(1, 0, T0), row(2, 0, T0 - 100)])
    store.write([row(3, 3, T0 - 50), row(4, 4, T0 - 80)])
    assert store.write([row(5, 5, T0 - 50)]).moved == 1
    assert [one.value for one in store.series(KEY, T0 - 90, T0)] == [4, 3, 5]


def test_two_programs_agree_on_the_type_of_a_field(server: LosesReplies, engine: sa.Engine) -> None:
    one, other = open_store(server, engine), open_store(server, engine)
    one.write([row(1, 5)])
    with pytest.raises(ValueError, match="tot_wh holds int, not float"):
        other.write([row(2, 5.5, T0 + 1)])
    assert one.series(KEY, 0, 2**50) == [Sample(T0, 5)]


def test_a_field_keeps_the_type_of_its_first_value(server: LosesReplies, engine: sa.Engine) -> None:
    store = open_store(server, engine)
    store.write([row(1, 5)])
    with pytest.raises(ValueError, match="tot_wh holds int, not float"):
        store.write([row(2, 5.5, T0 + 1)])
    assert store.series(KEY, 0, 2**50) == [Sample(T0, 5)]


def test_words_that_line_protocol_knows_are_kept_as_they_are(server: LosesReplies, engine: sa.Engine) -> None:
    key = SeriesKey("大院 1,2", 'a "b"=c', "own point/x,y")
    store = open_store(server, engine)
    store.write([StreamRow(STREAM, 1, key.group, key.device, (Reading(key.point, 'he said "x=1, y"\\', T0),))])
    assert store.series(key, 0, 2**50) == [Sample(T0, 'he said "x=1, y"\\')]


def test_values_that_are_not_good_stay_out_of_the_field_that_boards_read(
    server: LosesReplies, engine: sa.Engine
) -> None:
    store = open_store(server, engine)
    bad = Reading("Power/Active/Total", 9e9, T0 + 1, Quality.BAD)
    good = Reading("Power/Active/Total", 1.5, T0)
    store.write([StreamRow(STREAM, 1, KEY.group, KEY.device, (good, bad))])
    [series] = server.query("SELECT p_w FROM meter_power GROUP BY *")
    assert series.values == [[T0, 1.5]]
    assert series.tags == {"building": "building-a", "device": "a-main", "group": "demo-county"}


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 503])
def test_what_may_pass_or_be_put_right_is_a_link_error(status: int) -> None:
    with pytest.raises(LinkError, match=str(status)):
        raise_for(status, b"reason")


def test_a_server_that_is_away_is_a_link_error(engine: sa.Engine) -> None:
    for kind in ("influx1", "influx2"):
        away = open_server(InfluxAddress(kind, "http://127.0.0.1:9", "b", "o", "t"))  # type: ignore[arg-type]
        with pytest.raises(LinkError):
            away.write(b"m v=1 1")
        with pytest.raises(LinkError):
            away.query("SHOW MEASUREMENTS")


async def test_the_write_path_of_2_x_reaches_a_real_server(tmp_path: Path, engine: sa.Engine) -> None:
    with running_victoria_metrics(require("victoria-metrics"), tmp_path / "victoria") as url:
        server = open_server(InfluxAddress("influx2", url, "iot_raw", "office", "token"))
        power = tuple(Reading("Power/Active/Total", 100.0 + step, T0 + step * 1000) for step in range(3))
        open_store(server, engine).write([StreamRow(STREAM, 1, KEY.group, KEY.device, power)])
        asked = f"{url}/api/v1/export?match[]=meter_power_p_w&start={T0 // 1000 - 60}&end={T0 // 1000 + 60}"

        def exported() -> bytes:
            urllib.request.urlopen(f"{url}/internal/force_flush").close()
            with urllib.request.urlopen(asked) as answer:
                return bytes(answer.read())

        await until(lambda: bool(exported()), what="the points in the export")
        found = json.loads(exported())
    assert found["values"] == [100.0, 101.0, 102.0]
    assert found["timestamps"] == [one.measured_ms for one in power]
    assert found["metric"]["device"] == "a-main"
