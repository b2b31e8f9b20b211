"""Keeping a store small, the same on every store: what stays, what is read of it, and what is counted."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.influx.server import InfluxAddress, InfluxServer, Series, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import migrate
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import DAY_MS, Sample, SeriesKey, StreamRow, window_start
from cloud.core.store_upkeep import StoreUpkeep
from cloud.telemetry.interval import QUARTER_MS, share_out
from cloud.telemetry.register import registers_of
from cloud.telemetry.thinning import changing, deciding
from foundation.disk import SystemDisk
from foundation.errors import LinkError
from gateway.messages import Quality, Reading
from tests.support.influx import running_influxdb
from tests.support.servers import require
from tests.support.sql_database import empty_sqlite

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
GROUP, DEVICE = "county", "a-main"
ENERGY, POWER, SWITCH = "Energy/Active/Total", "Power/Active/Total", "Relay/1"
MIDNIGHT = window_start(1_790_000_000_000, DAY_MS)
DAYS = 3
STEP_MS = 60_000


Answer = TypeVar("Answer")


class Kept(TimeSeriesStore, StoreUpkeep, Protocol):
    """A store with both its sides."""


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


@pytest.fixture(params=["embedded", "influxdb"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Kept]]:
    with ExitStack() as opened:
        if request.param == "embedded":
            yield lambda: opened.enter_context(closing(EmbeddedStore(tmp_path / "series.db", SystemDisk())))
            return
        address = InfluxAddress("influx1", request.getfixturevalue("influx_url"), f"test_{uuid.uuid4().hex}")
        server, engine = open_server(address), opened.enter_context(empty_sqlite(tmp_path))
        server.prepare()
        migrate(engine)
        yield lambda: InfluxStore(server, engine, lambda group, device: {"building": "building-a"})


@pytest.fixture
def store(open_store: Callable[[], Kept]) -> Kept:
    """Three days of a counter, a load and a switch, a reading a minute."""
    made = open_store()
    for day in range(DAYS):
        made.write([row(1 + day * 1_440 + minute, day * 1_440 + minute) for minute in range(1_440)])
    return made


def row(spool: int, minute: int) -> StreamRow:
    at_ms = MIDNIGHT + minute * STEP_MS
    readings = (
        Reading(ENERGY, 1_000_000 + minute * 7, at_ms),
        Reading(POWER, float(minute % 100), at_ms, Quality.BAD if minute % 500 == 3 else Quality.GOOD),
        Reading(SWITCH, minute % 400 < 200, at_ms),
    )
    return StreamRow(STREAM, spool, GROUP, DEVICE, readings)


def key(point: str) -> SeriesKey:
    return SeriesKey(GROUP, DEVICE, point)


def samples(store: Kept, point: str) -> list[Sample]:
    return store.series(key(point), 0, 2**50)


def whole(step: Callable[[], bool]) -> int:
    """Every part there is; how many."""
    parts = 0
    while step():
        parts += 1
    return parts


def packed(store: Kept) -> Kept:
    whole(lambda: store.pack(MIDNIGHT + DAYS * DAY_MS))
    return store


def test_packing_loses_nothing(store: Kept) -> None:
    before = [samples(store, point) for point in (ENERGY, POWER, SWITCH)]
    stored = store.counts().stored
    packed(store)
    assert [samples(store, point) for point in (ENERGY, POWER, SWITCH)] == before
    assert store.counts().stored == stored


def test_a_thinned_counter_decides_the_same_quarters_and_what_is_gone_is_counted(store: Kept) -> None:
    before, ever = samples(store, ENERGY), store.counts().stored
    until_ms = MIDNIGHT + 2 * DAY_MS
    assert whole(lambda: packed(store).thin({key(ENERGY): deciding}, (), until_ms)) == 2
    after = samples(store, ENERGY)
    assert share_out(registers_of(after)) == share_out(registers_of(before))
    assert len(after) == 2 * 96 * 2 + 1_440
    assert [one for one in after if one.measured_ms >= until_ms] == [
        one for one in before if one.measured_ms >= until_ms
    ]
    counts = store.counts()
    assert counts.thinned == len(before) - len(after)
    assert counts.stored + counts.thinned == ever
    assert counts.duplicates == 0
    assert samples(store, POWER)[0] == Sample(MIDNIGHT, 0.0)


def test_a_thinned_state_keeps_its_changes(store: Kept) -> None:
    before = samples(store, SWITCH)
    whole(lambda: packed(store).thin({key(SWITCH): changing}, (), MIDNIGHT + DAY_MS))
    first_day = [one for one in samples(store, SWITCH) if one.measured_ms < MIDNIGHT + DAY_MS]
    kept = changing([one for one in before if one.measured_ms < MIDNIGHT + DAY_MS])
    assert {one.measured_ms for one in first_day} == kept
    assert all(isinstance(one.value, bool) for one in first_day)


def test_a_condensed_load_gives_means_and_the_same_figures_of_whole_windows(store: Kept) -> None:
    until_ms, aggregates = MIDNIGHT + 2 * DAY_MS, ("mean", "min", "max", "sum", "count")
    hours = {
        one: store.series(key(POWER), MIDNIGHT, until_ms, window_ms=3_600_000, aggregate=one) for one in aggregates
    }
    days = {one: store.series(key(POWER), MIDNIGHT, until_ms, window_ms=DAY_MS, aggregate=one) for one in aggregates}
    ever = store.counts().stored
    assert whole(lambda: packed(store).thin({}, [key(POWER)], until_ms)) == 2
    means = [one for one in samples(store, POWER) if one.measured_ms < until_ms]
    assert [one.measured_ms for one in means] == list(range(MIDNIGHT, until_ms, QUARTER_MS))
    # Minute 3 is BAD: the mean of the first quarter hour is that of the other fourteen.
    assert means[0].value == pytest.approx((sum(range(15)) - 3) / 14)
    for one in aggregates:
        again = store.series(key(POWER), MIDNIGHT, until_ms, window_ms=3_600_000, aggregate=one)
        assert [(at.measured_ms, at.value) for at in again] == [
            (at.measured_ms, pytest.approx(at.value)) for at in hours[one]
        ]
    whole(lambda: store.condense([key(POWER)], until_ms))
    for one in aggregates:
        again = store.series(key(POWER), MIDNIGHT, until_ms, window_ms=DAY_MS, aggregate=one)
        assert [(at.measured_ms, at.value) for at in again] == [
            (at.measured_ms, pytest.approx(at.value)) for at in days[one]
        ]
    counts = store.counts()
    assert counts.stored + counts.thinned == ever
    assert samples(store, ENERGY)[:2] == [Sample(MIDNIGHT, 1_000_000), Sample(MIDNIGHT + STEP_MS, 1_000_007)]


def test_a_late_reading_of_a_thinned_day_is_kept(store: Kept) -> None:
    until_ms = MIDNIGHT + DAY_MS
    whole(lambda: packed(store).thin({key(ENERGY): deciding}, (), until_ms))
    late = MIDNIGHT + 7 * STEP_MS + 1
    store.write([StreamRow(STREAM, 90_000, GROUP, DEVICE, (Reading(ENERGY, 1_000_049, late),))])
    assert Sample(late, 1_000_049) in samples(store, ENERGY)


def test_nothing_is_done_twice_even_by_a_program_that_starts_anew(store: Kept, open_store: Callable[[], Kept]) -> None:
    whole(lambda: packed(store).thin({key(ENERGY): deciding}, (), MIDNIGHT + DAY_MS))
    again = open_store()
    assert not again.pack(MIDNIGHT + DAYS * DAY_MS)
    assert not again.thin({key(ENERGY): deciding}, (), MIDNIGHT + DAY_MS)
    assert again.counts() == store.counts()
    assert not again.thin({key("Never/Written"): deciding}, (), MIDNIGHT + DAY_MS)


class CutOff:
    """An InfluxDB that is gone when it has been asked `left` times: before, after or half-way through what it does."""

    def __init__(self, server: InfluxServer, left: int, when: str) -> None:
        self._server, self._left, self._when = server, left, when

    def write(self, lines: bytes, *, precision: str = "ms") -> None:
        self._pass(lambda: self._server.write(lines, precision=precision))

    def query(self, text: str) -> list[Series]:
        if self._left == 0 and self._when == "half":
            self._server.query(text.partition("; ")[0])
        return self._pass(lambda: self._server.query(text))

    def prepare(self) -> None:
        self._server.prepare()

    def _pass(self, ask: Callable[[], Answer]) -> Answer:
        self._left -= 1
        if self._left < 0 and self._when != "after":
            raise LinkError("cut off")
        answer = ask()
        if self._left < 0:
            raise LinkError("cut off")
        return answer


@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_upkeep_that_is_cut_off_anywhere_is_finished_by_the_next(influx_url: str, tmp_path: Path, when: str) -> None:
    server = open_server(InfluxAddress("influx1", influx_url, f"test_{uuid.uuid4().hex}"))
    server.prepare()
    with empty_sqlite(tmp_path) as engine:
        migrate(engine)

        def store_on(way: InfluxServer) -> InfluxStore:
            return InfluxStore(way, engine, lambda group, device: {})

        healthy = store_on(server)
        healthy.write([row(1 + minute, minute) for minute in range(120)])
        # Lines in which something else stands as well stay, so that what goes is many pieces.
        others = [Reading("Frequency", 50.0, MIDNIGHT + minute * STEP_MS) for minute in range(0, 120, 20)]
        healthy.write([StreamRow(STREAM, 1_000, GROUP, DEVICE, tuple(others))])
        before, ever = healthy.series(key(ENERGY), 0, 2**50), healthy.counts().stored
        hours = healthy.series(key(POWER), 0, 2**50, window_ms=3_600_000)
        until_ms = MIDNIGHT + DAY_MS
        for left in range(12):
            cut = store_on(CutOff(server, left, when))
            with contextlib.suppress(LinkError):
                cut.thin({key(ENERGY): deciding}, (), until_ms)
            with contextlib.suppress(LinkError):
                cut.thin({}, [key(POWER)], until_ms)
        whole(lambda: healthy.thin({key(ENERGY): deciding}, (), until_ms))
        whole(lambda: healthy.thin({}, [key(POWER)], until_ms))
        after = healthy.series(key(ENERGY), 0, 2**50)
        assert (len(after), share_out(registers_of(after))) == (16, share_out(registers_of(before)))
        assert healthy.series(key(POWER), 0, 2**50, window_ms=3_600_000) == hours
        counts = healthy.counts()
        assert (counts.stored + counts.thinned, counts.duplicates) == (ever, 0)
