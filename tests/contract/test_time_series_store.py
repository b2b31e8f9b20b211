"""What every TimeSeriesStore must do, whatever it stands on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.influx.server import InfluxAddress, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import migrate
from cloud.core.calendar import day_start_ms
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import DAY_MS, Sample, SeriesKey, StreamRow, window_start
from foundation.disk import SystemDisk
from gateway.messages import Quality, Reading
from gateway.stream import RangeSet
from tests.support.influx import running_influxdb
from tests.support.servers import require
from tests.support.sql_database import empty_sqlite

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
OTHER = "11111111-9a5c-4a2f-8f5d-3b1f0a7c9d10"
KEY = SeriesKey("demo-county", "a-main", "Energy/Active/Total")
T0 = 1_790_000_000_000
OpenStore = Callable[[], TimeSeriesStore]


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real InfluxDB for the whole run; tests take a database each."""
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


@pytest.fixture(params=["embedded", "influxdb"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the same store again and again, as a program that starts anew does."""
    with ExitStack() as opened:
        if request.param == "embedded":
            yield lambda: opened.enter_context(closing(EmbeddedStore(tmp_path / "series.db", SystemDisk())))
        else:
            yield influx_stores(opened, request.getfixturevalue("influx_url"), tmp_path)


def influx_stores(opened: ExitStack, url: str, folder: Path) -> OpenStore:
    address = InfluxAddress("influx1", url, f"test_{uuid.uuid4().hex}")
    server = open_server(address)
    server.prepare()
    engine = opened.enter_context(empty_sqlite(folder))
    migrate(engine)
    return lambda: InfluxStore(server, engine, lambda group, device: {"building": "building-a"})


@pytest.fixture
def store(open_store: OpenStore) -> TimeSeriesStore:
    return open_store()


def row(spool: int, *readings: Reading, stream: str = STREAM, quarantined: int = 0) -> StreamRow:
    return StreamRow(stream, spool, KEY.group, KEY.device, readings, quarantined)


def reading(value: float | int | bool | None, at: int = T0, quality: Quality = Quality.GOOD) -> Reading:
    return Reading(KEY.point, value, at, quality)


def samples(store: TimeSeriesStore) -> list[Sample]:
    return store.series(KEY, 0, 2**50)


def test_what_is_written_is_read_in_time_order(store: TimeSeriesStore) -> None:
    store.write([row(1, reading(2, T0 + 1000)), row(2, reading(1, T0))])
    assert samples(store) == [Sample(T0, 1), Sample(T0 + 1000, 2)]
    assert store.series(KEY, T0, T0 + 1000) == [Sample(T0, 1)]
    assert store.series(SeriesKey("demo-county", "nobody", "P"), 0, 2**50) == []


def test_integers_floats_booleans_and_missing_values_keep_their_nature(store: TimeSeriesStore) -> None:
    big = 2**53 + 1
    store.write([row(1, reading(big)), row(2, Reading("F", 1.0, T0), Reading("B", True, T0), Reading("N", None, T0))])
    last = {key.point: sample.value for key, sample in store.last("demo-county").items()}
    assert last == {KEY.point: big, "F": 1.0, "B": True, "N": None}
    assert [type(last[name]) for name in (KEY.point, "F", "B")] == [int, float, bool]


def test_a_row_that_comes_again_changes_nothing_and_is_counted(store: TimeSeriesStore) -> None:
    first = store.write([row(1, reading(5), quarantined=1)])
    again = store.write([row(1, reading(5), quarantined=1)])
    assert (first.stored, again.stored, again.redelivered) == (1, 0, 2)
    counts = store.counts()
    assert (counts.stored, counts.duplicates, counts.quarantined, counts.redelivered) == (1, 0, 1, 2)


def test_the_same_row_number_of_another_stream_is_another_row(store: TimeSeriesStore) -> None:
    store.write([row(1, reading(5))])
    store.write([row(1, reading(6, T0 + 1), stream=OTHER)])
    assert store.counts().stored == 2


def test_two_rows_at_one_moment_are_both_kept(store: TimeSeriesStore) -> None:
    store.write([row(1, reading(5)), row(2, reading(6))])
    result = store.write([row(3, reading(6))])
    assert result.moved == 1
    assert samples(store) == [Sample(T0, 5), Sample(T0 + 1, 6), Sample(T0 + 2, 6)]
    assert store.counts().duplicates == 0


def test_the_ledger_holds_exactly_the_rows_received(store: TimeSeriesStore) -> None:
    store.write([row(spool, reading(spool, T0 + spool)) for spool in (1, 2, 3, 7)])
    store.write([row(5), row(6)])
    assert store.position(STREAM) == RangeSet([(1, 3), (5, 7)])
    assert store.position(OTHER) == RangeSet()


def test_the_last_value_goes_by_measured_time_not_by_arrival(store: TimeSeriesStore) -> None:
    store.write([row(1, reading(9, T0 + 5000))])
    store.write([row(2, reading(1, T0))])
    assert store.last("demo-county", ["a-main"]) == {KEY: Sample(T0 + 5000, 9)}
    assert store.last("demo-county", ["b-main"]) == {}
    assert store.last("elsewhere") == {}


def test_windows_aggregate_good_samples_only(store: TimeSeriesStore) -> None:
    store.write(
        [
            row(1, reading(1.0, T0), reading(3.0, T0 + 100), reading(99.0, T0 + 200, Quality.BAD)),
            row(2, reading(None, T0 + 300), reading(7.0, T0 + 1000)),
        ]
    )
    assert T0 % 1000 == 0
    found = {
        name: [
            (sample.measured_ms - T0, sample.value)
            for sample in store.series(KEY, T0, T0 + 5000, window_ms=1000, aggregate=name)
        ]  # type: ignore[arg-type]
        for name in ("mean", "min", "max", "sum", "first", "last", "count")
    }
    assert found == {
        "mean": [(0, 2.0), (1000, 7.0)],
        "min": [(0, 1.0), (1000, 7.0)],
        "max": [(0, 3.0), (1000, 7.0)],
        "sum": [(0, 4.0), (1000, 7.0)],
        "first": [(0, 1.0), (1000, 7.0)],
        "last": [(0, 3.0), (1000, 7.0)],
        "count": [(0, 2), (1000, 1)],
    }


def test_windows_of_whole_days_begin_at_local_midnight_and_hours_at_utc_hours(store: TimeSeriesStore) -> None:
    midnight = day_start_ms(date(2026, 9, 22))
    at = (midnight - 1, midnight, midnight + DAY_MS - 1, midnight + DAY_MS, midnight + 7 * DAY_MS)
    store.write([row(1, *(reading(2**place, moment) for place, moment in enumerate(at)))])
    days = store.series(KEY, 0, 2**42, window_ms=DAY_MS, aggregate="sum")
    assert days == [
        Sample(midnight - DAY_MS, 1),
        Sample(midnight, 6),
        Sample(midnight + DAY_MS, 8),
        Sample(midnight + 7 * DAY_MS, 16),
    ]
    cut = store.series(KEY, midnight + 1, midnight + DAY_MS + 1, window_ms=DAY_MS, aggregate="sum")
    assert cut == [Sample(midnight, 4), Sample(midnight + DAY_MS, 8)]
    weeks = store.series(KEY, 0, 2**42, window_ms=7 * DAY_MS, aggregate="max")
    assert [one.measured_ms for one in weeks] == sorted({window_start(moment, 7 * DAY_MS) for moment in at})
    hours = store.series(KEY, midnight, midnight + DAY_MS, window_ms=3_600_000, aggregate="last")
    assert hours == [Sample(midnight, 2), Sample(midnight + DAY_MS - 3_600_000, 4)]


def test_a_foreign_reading_sent_twice_is_one_reading(store: TimeSeriesStore) -> None:
    foreign = StreamRow("", 0, KEY.group, KEY.device, (reading(4.0),))
    store.write([foreign])
    store.write([foreign])
    assert samples(store) == [Sample(T0, 4.0)]


def test_a_batch_is_kept_whole_or_not_at_all(store: TimeSeriesStore) -> None:
    with pytest.raises(OverflowError):
        store.write([row(1, reading(5)), row(2, reading(2**80, T0 + 1))])
    assert store.counts().stored == 0
    assert store.position(STREAM) == RangeSet()
    store.write([row(1, reading(5))])
    assert samples(store) == [Sample(T0, 5)]


def test_everything_is_there_after_opening_again(store: TimeSeriesStore, open_store: OpenStore) -> None:
    store.write([row(1, reading(5)), row(2, reading(6, T0 + 1))])
    again = open_store()
    assert again.write([row(2, reading(6, T0 + 1))]).redelivered == 1
    assert again.counts().stored == 2
    assert samples(again) == samples(store) == [Sample(T0, 5), Sample(T0 + 1, 6)]


deliveries = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), max_size=40)


@given(deliveries, st.integers(1, 7))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_stores_each_row_once(
    tmp_path_factory: pytest.TempPathFactory, order: list[tuple[int, int]], size: int
) -> None:
    """Rows in any order, repeated at will, with clashing times: each reading is stored exactly once."""
    store = EmbeddedStore(tmp_path_factory.mktemp("store") / "series.db", SystemDisk())
    moments = {spool: T0 + moment for spool, moment in reversed(order)}
    rows = [row(spool, reading(spool, moments[spool])) for spool, _ in order]
    for start in range(0, len(rows), size):
        store.write(rows[start : start + size])
    assert sorted(sample.value for sample in samples(store)) == sorted(moments)  # type: ignore[type-var]
    assert store.counts().duplicates == 0
    assert store.counts().redelivered == len(rows) - len(moments)
    store.close()


def test_a_store_tells_which_readings_it_cannot_hold_and_stores_nothing_for_it(store: TimeSeriesStore) -> None:
    store.write([row(1, reading(5))])
    readings = (reading(6, T0 + 1), reading(2**70, T0 + 2), reading(7, T0 + 3))
    with pytest.raises((ValueError, OverflowError)):
        store.write([row(2, *readings)])
    assert list(store.refusals(row(2, *readings))) == [1]
    assert samples(store) == [Sample(T0, 5)]
    store.write([row(2, readings[0], readings[2], quarantined=1)])
    assert samples(store) == [Sample(T0, 5), Sample(T0 + 1, 6), Sample(T0 + 3, 7)]
    assert (store.counts().stored, store.counts().duplicates, store.counts().quarantined) == (3, 0, 1)
