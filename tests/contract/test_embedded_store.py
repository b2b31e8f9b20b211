"""What is particular to the embedded store: blocks and landing rows tell the same as a plain table would."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.adapters.embedded.columns import pack, unpack
from cloud.adapters.embedded.compaction import Compaction
from cloud.adapters.embedded.samples import rows_between
from cloud.adapters.embedded.schema import SCHEMA
from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.series import DAY_MS, Aggregate, Sample, SeriesKey, StreamRow, window_start
from cloud.telemetry.thinning import deciding
from foundation.disk import SystemDisk
from gateway.messages import Quality, Reading, Value

STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10"
GROUP, DEVICE = "demo-county", "a-main"
MIDNIGHT = window_start(1_790_000_000_000, DAY_MS)
HOUR_MS = 3_600_000
ENDS: tuple[Aggregate, ...] = ("min", "max", "first", "last", "count")
ALL: tuple[Aggregate, ...] = (*ENDS, "mean", "sum")
POINTS: Mapping[str, tuple[tuple[Value, ...], tuple[Aggregate, ...]]] = {
    "Energy": ((2**63 - 1, 2**63 - 2, -(2**63) + 1, 0), ENDS),
    "Count": ((0, 1, 7, None), ALL),
    "Power": ((0.125, -0.0, 64.5, 3.0, None), ALL),
    "Switch": ((True, False, None), ALL),
    "Serial": (("", "a", "b", "水表", None), ENDS),
}
"""Values of a point, and the aggregates that are asked of them."""
PLACES = (0, 1, 2, HOUR_MS - 1, HOUR_MS, DAY_MS - 2, DAY_MS - 1)
"""Moments of a day."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "series.db"


def opened(path: Path) -> closing[EmbeddedStore]:
    return closing(EmbeddedStore(path, SystemDisk()))


def row(spool: int, *readings: Reading) -> StreamRow:
    return StreamRow(STREAM, spool, GROUP, DEVICE, readings)


class CarelessDisk(SystemDisk):
    """Waits for no flush: the many stores of a property test need not survive a power cut."""

    def open_database(self, path: Path) -> sqlite3.Connection:
        database = super().open_database(path)
        database.execute("PRAGMA synchronous=OFF")
        return database


@dataclass
class Model:
    """The store as a dictionary: every reading at its moment or the next free one."""

    readings: dict[tuple[str, int], tuple[Value, Quality]] = field(default_factory=dict)
    booked: set[int] = field(default_factory=set)
    redelivered: int = 0

    def write(self, one: StreamRow) -> None:
        if one.stream and one.spool in self.booked:
            self.redelivered += len(one.readings)
            return
        if one.stream:
            self.booked.add(one.spool)
        for reading in one.readings:
            at_ms = reading.measured_ms
            while (known := self.readings.get((reading.point, at_ms))) and (one.stream or known[0] != reading.value):
                at_ms += 1
            self.readings.setdefault((reading.point, at_ms), (reading.value, reading.quality))

    def samples(self, point: str) -> list[Sample]:
        return [Sample(ms, *told) for (name, ms), told in sorted(self.readings.items(), key=_moment) if name == point]

    def windows(self, point: str, start_ms: int, end_ms: int, window_ms: int, name: Aggregate) -> list[Sample]:
        windows: dict[int, list[Value]] = {}
        for sample in self.samples(point):
            if start_ms <= sample.measured_ms < end_ms and sample.quality is Quality.GOOD and sample.value is not None:
                windows.setdefault(window_start(sample.measured_ms, window_ms), []).append(sample.value)
        return [Sample(at_ms, _aggregated(values, name)) for at_ms, values in windows.items()]


def _moment(entry: tuple[tuple[str, int], object]) -> int:
    return entry[0][1]


def _aggregated(values: list[Value], name: Aggregate) -> Value:
    numbers: list[Any] = list(values)
    calls: dict[str, Callable[[], Value]] = {
        "mean": lambda: sum(numbers) / len(numbers),
        "sum": lambda: sum(numbers),
        "min": lambda: min(numbers),
        "max": lambda: max(numbers),
        "first": lambda: numbers[0],
        "last": lambda: numbers[-1],
        "count": lambda: len(numbers),
    }
    return calls[name]()


readings = st.sampled_from(
    [
        Reading(point, value, MIDNIGHT + day * DAY_MS + place, quality)
        for point, (values, _) in POINTS.items()
        for value in values
        for day in range(3)
        for place in PLACES
        for quality in (Quality.GOOD, Quality.GOOD, Quality.STALE)
    ]
)
rows = st.tuples(st.integers(0, 12), st.lists(readings, max_size=4))
steps = st.lists(st.lists(rows, min_size=1, max_size=6) | st.integers(0, 3) | st.none(), max_size=14)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_any_order_of_writes_compactions_and_openings_is_as_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[int, list[Reading]]] | int | None]
) -> None:
    """A step writes rows, packs the days that end by a midnight, or opens the file anew."""
    path, model = tmp_path_factory.mktemp("store") / "series.db", Model()
    store = EmbeddedStore(path, CarelessDisk())
    for step in steps:
        if step is None:
            store.close()
            store = EmbeddedStore(path, CarelessDisk())
        elif isinstance(step, int):
            while store.pack(MIDNIGHT + step * DAY_MS):
                pass
        else:
            written = [row_of(spool, told) for spool, told in step]
            store.write(written)
            for one in written:
                model.write(one)
    with closing(store):
        check(store, model)


def row_of(spool: int, told: list[Reading]) -> StreamRow:
    """No row tells two values of a point at one moment; number 0 is a foreign edge's."""
    unlike = {(one.point, one.measured_ms): one for one in told}
    return StreamRow(STREAM if spool else "", spool, GROUP, DEVICE, tuple(unlike.values()))


def check(store: EmbeddedStore, model: Model) -> None:
    counts = store.counts()
    assert (counts.stored, counts.duplicates, counts.thinned) == (len(model.readings), 0, 0)
    assert (counts.rows, counts.redelivered) == (len(model.booked), model.redelivered)
    for point, (_, aggregates) in POINTS.items():
        key = SeriesKey(GROUP, DEVICE, point)
        assert repr(store.series(key, 0, 2**45)) == repr(model.samples(point))
        for start_ms, end_ms in ((0, 2**45), (MIDNIGHT + 1, MIDNIGHT + 2 * DAY_MS - 1)):
            for window_ms in (HOUR_MS, DAY_MS, 7 * DAY_MS):
                for name in aggregates:
                    told = store.series(key, start_ms, end_ms, window_ms=window_ms, aggregate=name)
                    assert told == model.windows(point, start_ms, end_ms, window_ms, name), (point, window_ms, name)


@given(
    st.lists(
        st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False)
        | st.text(st.characters(codec="utf-8"))
        | st.none()
    )
    | st.lists(st.floats(allow_nan=False))
    | st.lists(st.integers(-(2**63), 2**63 - 1))
    | st.lists(st.integers(-200, 200))
)
@settings(deadline=None)
def test_a_column_comes_back_exactly(values: list[Any]) -> None:
    assert [list(map(repr, column)) for column in unpack(pack(values, [192] * len(values)))] == [
        list(map(repr, values)),
        ["192"] * len(values),
    ]


def test_the_trace_of_every_reading_survives(file: Path) -> None:
    with opened(file) as store:
        store.write([row(spool, Reading("Energy", spool, MIDNIGHT + spool // 2)) for spool in range(1, 40)])
        with closing(sqlite3.connect(file)) as database:
            before = rows_between(database, 1, 0, 2**45)
            while store.pack(MIDNIGHT + DAY_MS):
                pass
            assert rows_between(database, 1, 0, 2**45) == before
            assert database.execute("SELECT count(*) FROM sample").fetchone() == (0,)
    assert {one.spool for one in before} == set(range(1, 40))
    assert sum(one.shift_ms > 0 for one in before) > 10


@pytest.mark.parametrize("packs_between", [False, True])
def test_a_reading_stored_twice_is_counted_wherever_its_copies_are(file: Path, packs_between: bool) -> None:
    """A ledger that forgot a row: its copy makes way by a millisecond, here over midnight, and is found."""
    twice = row(1, Reading("Energy", 1, MIDNIGHT + DAY_MS - 1), Reading("Count", 1, MIDNIGHT))
    with opened(file) as store:
        store.write([twice])
        while packs_between and store.pack(MIDNIGHT + 3 * DAY_MS):
            pass
    forget_rows(file)
    with opened(file) as store:
        store.write([twice])
        assert store.counts().duplicates == 2
        while store.pack(MIDNIGHT + 3 * DAY_MS):
            pass
        assert store.counts().duplicates == 2


def forget_rows(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DELETE FROM ledger")


def test_a_store_of_the_earlier_form_opens_without_loss(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        for statement in SCHEMA:
            if not any(name in statement for name in ("block(", "packed(", "tally(", "moved ON")):
                database.execute(statement)
        database.execute("INSERT INTO series VALUES(1, ?, ?, 'Energy', 0)", (GROUP, DEVICE))
        database.execute("INSERT INTO stream VALUES(1, ?, ?)", (STREAM, GROUP))
        database.executemany(
            "INSERT INTO sample VALUES(1, ?, ?, 192, 1, ?, 0)",
            [(MIDNIGHT + place * HOUR_MS, place, place + 1) for place in range(48)],
        )
        database.execute("INSERT INTO ledger VALUES(1, 1, 48)")
        database.execute("INSERT INTO fate VALUES(1, 'stored', 48)")
    key = SeriesKey(GROUP, DEVICE, "Energy")
    with opened(file) as store:
        before = store.series(key, 0, 2**45)
        while store.pack(MIDNIGHT + DAY_MS):
            pass
        assert store.series(key, 0, 2**45) == before == [Sample(MIDNIGHT + n * HOUR_MS, n) for n in range(48)]
        assert store.write([row(48, Reading("Energy", 1, MIDNIGHT))]).redelivered == 1
        assert (store.counts().stored, store.counts().rows) == (48, 48)


def test_compaction_takes_whole_days_in_short_transactions_and_gives_the_room_back(file: Path) -> None:
    with opened(file) as store:
        for device in range(4):
            told = [Reading("Energy", at, MIDNIGHT + at * 60_000) for at in range(2 * 1_440)]
            store.write([StreamRow(STREAM, device, GROUP, f"meter-{device}", tuple(told))])
    with closing(SystemDisk().open_database(file)) as database:
        compaction, left = Compaction(database, rows_at_once=2_000, spare_pages=0), [11_520]
        while compaction.step(MIDNIGHT + 2 * DAY_MS):
            left.append(database.execute("SELECT count(*) FROM sample").fetchone()[0])
        assert left[:5] == [11_520, 8_640, 5_760, 2_880, 0]
        assert database.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert database.execute("SELECT count(*), sum(readings) FROM block").fetchone() == (8, 11_520)


def test_a_reading_that_comes_late_for_a_thinned_day_is_thinned_with_the_others(file: Path) -> None:
    key, until_ms = SeriesKey(GROUP, DEVICE, "Energy"), MIDNIGHT + DAY_MS
    with opened(file) as store:
        rows = [(number + 1, Reading("Energy", number, MIDNIGHT + number * 60_000)) for number in range(15)]
        store.write([StreamRow(STREAM, spool, GROUP, DEVICE, (one,)) for spool, one in rows])
        while store.pack(until_ms) or store.thin({key: deciding}, (), until_ms):
            pass
        late = Reading("Energy", 7, MIDNIGHT + 7 * 60_000 + 1)
        store.write([StreamRow(STREAM, 99, GROUP, DEVICE, (late,))])
        assert len(store.series(key, 0, until_ms)) == 3
        while store.pack(until_ms) or store.thin({key: deciding}, (), until_ms):
            pass
        assert [one.value for one in store.series(key, 0, until_ms)] == [0, 14]
        assert store.counts().thinned == 14
