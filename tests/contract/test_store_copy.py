"""A store copied into one of the other kind and back: every series, mean and row of the ledger, after any cut."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pytest

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.embedded.transfer import embedded_end
from cloud.adapters.influx.server import InfluxAddress, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.influx.transfer import InfluxTransfer
from cloud.adapters.sql.database import migrate, open_database
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import DAY_MS, QUARTER_MS, Sample, SeriesKey, StreamRow, window_start
from cloud.core.store_transfer import Books, Content, Kinds, StoreTarget, TransferRefused
from cloud.core.store_upkeep import StoreUpkeep
from cloud.store_copy.copy import Copied, copy_store
from cloud.store_copy.journal import JOURNAL, Journal
from cloud.telemetry.thinning import changing, deciding
from foundation.disk import SystemDisk
from foundation.errors import LinkError
from gateway.messages import Quality, Reading
from tests.support.influx import running_influxdb
from tests.support.servers import require

STREAM, OTHER = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d10", "7c1f6a3e-0d7f-4d3a-9d55-0a6a3a1f4b11"
GROUP, DEVICE = "county", "a-main"
ENERGY, POWER, SWITCH, PLATE = "Energy/Active/Total", "Power/Active/Total", "Relay/1", "Own/Word"
MIDNIGHT = window_start(1_790_000_000_000, DAY_MS)
STEP_MS, DAYS = 300_000, 4
AGGREGATES = ("mean", "min", "max", "sum", "count")


class Kept(TimeSeriesStore, StoreUpkeep, Protocol):
    """A store with both its sides."""


class End:
    """A store and the end of a copy that it is."""

    def __init__(self, store: Kept, transfer: StoreTarget) -> None:
        self.store, self.transfer = store, transfer


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


class Ends:
    """Makes empty ends of either kind."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest, opened: ExitStack) -> None:
        self._folder, self._request, self._opened = folder, request, opened

    def make(self, kind: str) -> End:
        name = uuid.uuid4().hex
        if kind == "embedded":
            path = self._folder / name / "series.db"
            store = self._opened.enter_context(closing(EmbeddedStore(path, SystemDisk())))
            return End(store, self._opened.enter_context(embedded_end(path, SystemDisk())))
        engine = open_database(f"sqlite:///{self._folder / name / 'cloud.db'}")
        self._opened.callback(engine.dispose)
        migrate(engine)
        server = open_server(InfluxAddress("influx1", self._request.getfixturevalue("influx_url"), f"test_{name}"))
        server.prepare()
        return End(InfluxStore(server, engine, _tags_of), InfluxTransfer(server, engine, _tags_of))


def _tags_of(group: str, device: str) -> Mapping[str, str]:
    return {"building": "building-a"}


@pytest.fixture
def ends(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ends]:
    with ExitStack() as opened:
        yield Ends(tmp_path, request, opened)


def key(point: str, device: str = DEVICE) -> SeriesKey:
    return SeriesKey(GROUP, device, point)


def fill(store: Kept, *, is_kept_small: bool = True) -> None:
    """Four days of a meter with everything that a store can hold, the oldest two kept small, the first one most."""
    rows = []
    for number in range(DAYS * DAY_MS // STEP_MS):
        at_ms = MIDNIGHT + number * STEP_MS
        power = Quality.BAD if number % 50 == 3 else Quality.GOOD
        readings = [
            Reading(ENERGY, 2**53 + number * 7, at_ms),
            Reading(POWER, number / 3, at_ms, power),
            Reading(SWITCH, number % 40 < 20, at_ms),
        ]
        if number % 97 == 0:
            readings.append(Reading(PLATE, f'粤E·{number} "x\\y', at_ms))
            readings.append(Reading(PLATE, None, at_ms + 1, Quality.STALE))
        rows.append(StreamRow(STREAM, number + 1 + number // 500, GROUP, DEVICE, tuple(readings), number % 200 // 199))
    store.write(rows)
    store.write(rows[:5])
    # Another stream tells another value of a moment that is taken; a foreign edge has no streams.
    store.write([StreamRow(OTHER, 9, GROUP, DEVICE, (Reading(POWER, 5, MIDNIGHT + 3 * DAY_MS),))])
    store.write([StreamRow("", 0, GROUP, "b-foreign", (Reading(POWER, 1.5, MIDNIGHT + 3 * DAY_MS),))])
    if is_kept_small:
        keep_small(store)
        store.write([StreamRow(OTHER, 10, GROUP, DEVICE, (Reading(POWER, 9.25, MIDNIGHT + 1),))])


def keep_small(store: Kept) -> None:
    while store.pack(MIDNIGHT + DAYS * DAY_MS - 1):
        pass
    decide = {key(ENERGY): deciding, key(SWITCH): changing}
    while store.thin(decide, [key(POWER)], MIDNIGHT + 2 * DAY_MS):
        pass
    while store.condense([key(POWER)], MIDNIGHT + DAY_MS):
        pass


def copied(source: End, target: StoreTarget, folder: Path) -> Copied:
    folder.mkdir(exist_ok=True)
    return copy_store(source.transfer, target, Journal(folder / JOURNAL, "one", "other"), lambda *_: None)


def told(store: Kept) -> dict[str, object]:
    """All that a reader can see of the store."""
    found: dict[str, object] = {"last": store.last(GROUP), "counts": store.counts()}
    for one in (key(ENERGY), key(POWER), key(SWITCH), key(PLATE), key(POWER, "b-foreign")):
        found[one.point + one.device] = store.series(one, 0, 2**50)
    found["positions"] = [store.position(stream) for stream in (STREAM, OTHER)]
    for aggregate in AGGREGATES:
        days = store.series(key(POWER), 0, 2**50, window_ms=DAY_MS, aggregate=aggregate)
        found[aggregate] = [(one.measured_ms, pytest.approx(one.value)) for one in days]
    return found


@pytest.mark.parametrize("is_kept_small", [False, True])
@pytest.mark.parametrize("kinds", [("embedded", "influxdb"), ("influxdb", "embedded"), ("embedded", "embedded")])
def test_a_copy_tells_all_that_the_store_tells(
    ends: Ends, tmp_path: Path, kinds: tuple[str, str], is_kept_small: bool
) -> None:
    source, target = (ends.make(kind) for kind in kinds)
    fill(source.store, is_kept_small=is_kept_small)
    done = copied(source, target.transfer, tmp_path / "home")
    assert told(target.store) == told(source.store)
    counts = target.store.counts()
    assert (done.readings, done.rows, done.series) == (counts.stored, counts.rows, 5)
    assert (done.means > 0, counts.thinned > 0) == (is_kept_small, is_kept_small)
    assert not (tmp_path / "home" / JOURNAL).exists()


@pytest.mark.parametrize("kinds", [("embedded", "influxdb"), ("influxdb", "embedded")])
def test_the_copy_goes_on_as_the_store_would_have(ends: Ends, tmp_path: Path, kinds: tuple[str, str]) -> None:
    source, target = (ends.make(kind) for kind in kinds)
    fill(source.store)
    copied(source, target.transfer, tmp_path / "home")
    end_ms = MIDNIGHT + DAYS * DAY_MS
    for store in (source.store, target.store):
        rows = [
            StreamRow(STREAM, 7, GROUP, DEVICE, (Reading(ENERGY, 1, MIDNIGHT),)),
            StreamRow(STREAM, 5_000, GROUP, DEVICE, (Reading(ENERGY, 2**53 + 9_000, end_ms),)),
            # A moment that is taken, in a day that is kept as it came.
            StreamRow(STREAM, 5_001, GROUP, DEVICE, (Reading(POWER, 8.0, MIDNIGHT + 3 * DAY_MS + STEP_MS),)),
        ]
        result = store.write(rows)
        assert (result.stored, result.redelivered, result.moved) == (2, 1, 1)
        while store.thin({key(ENERGY): deciding, key(SWITCH): changing}, [key(POWER)], MIDNIGHT + 3 * DAY_MS):
            pass
    assert told(target.store)["Energy/Active/Total" + DEVICE] == told(source.store)["Energy/Active/Total" + DEVICE]
    counts = [store.counts() for store in (source.store, target.store)]
    assert counts[1].stored + counts[1].thinned == counts[0].stored + counts[0].thinned
    assert counts[1].duplicates == 0


def test_the_rows_that_readings_came_in_go_with_them(ends: Ends, tmp_path: Path) -> None:
    source, target = ends.make("embedded"), ends.make("embedded")
    fill(source.store)
    copied(source, target.transfer, tmp_path / "home")
    span = (MIDNIGHT + 2 * DAY_MS, MIDNIGHT + DAYS * DAY_MS)
    one, other = (end.transfer.content(key(POWER), *span) for end in (source, target))
    assert {(OTHER, 9, 1), (STREAM, 1_003, 0)} <= {(row.stream, row.spool, row.shift_ms) for row in one.readings}
    assert other == one


class Cut:
    """A target that is gone before, or right after, it has done what it was told at the `left`-th time."""

    def __init__(self, target: StoreTarget, left: int, *, is_done: bool) -> None:
        self._target, self._left, self._is_done = target, left, is_done
        self.puts = 0
        self.series, self.span, self.books, self.is_empty = target.series, target.span, target.books, target.is_empty

    def settle(self, kinds: Mapping[SeriesKey, Kinds], growing_ms: int) -> None:
        self._pass()
        self._target.settle(kinds, growing_ms)

    def content(self, key: SeriesKey, start_ms: int, end_ms: int) -> Content:
        self._pass()
        return self._target.content(key, start_ms, end_ms)

    def put(self, key: SeriesKey, content: Content) -> None:
        if not self._is_done:
            self._pass()
        self._target.put(key, content)
        self.puts += 1
        if self._is_done:
            self._pass()

    def enter(self, books: Books, first_ms: Mapping[SeriesKey, int]) -> None:
        if not self._is_done:
            self._pass()
        self._target.enter(books, first_ms)
        if self._is_done:
            self._pass()

    def _pass(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise LinkError("cut off")


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("kinds", [("embedded", "influxdb"), ("influxdb", "embedded")])
def test_a_copy_that_is_cut_off_anywhere_goes_on_and_writes_no_series_twice(
    ends: Ends, tmp_path: Path, kinds: tuple[str, str], is_done: bool
) -> None:
    source, target = (ends.make(kind) for kind in kinds)
    fill(source.store)
    puts, cuts = 0, 0
    while True:
        # Always one step further than the time before, so that it ends.
        cut = Cut(target.transfer, cuts, is_done=is_done)
        try:
            copied(source, cut, tmp_path / "home")
        except LinkError:
            assert target.store.counts().rows in (0, source.store.counts().rows)
            cuts += 1
            continue
        finally:
            puts += cut.puts
        break
    assert cuts > 5
    assert puts <= 5 + (cuts if is_done else 0)
    assert told(target.store) == told(source.store)


def test_what_changed_in_the_source_since_a_cut_is_copied_again(ends: Ends, tmp_path: Path) -> None:
    source, target = ends.make("embedded"), ends.make("influxdb")
    fill(source.store)
    with pytest.raises(LinkError):
        copied(source, Cut(target.transfer, 4, is_done=True), tmp_path / "home")
    late = Reading(ENERGY, 2**53 + 1, MIDNIGHT + 3 * DAY_MS + 1)
    source.store.write([StreamRow(OTHER, 11, GROUP, DEVICE, (late,))])
    assert copied(source, target.transfer, tmp_path / "home").written < 5
    assert told(target.store) == told(source.store)


class Forgetful(Cut):
    """A target that loses one reading of every series."""

    def put(self, key: SeriesKey, content: Content) -> None:
        self._target.put(key, Content(content.start_ms, content.end_ms, content.readings[1:], content.means))


def test_a_target_that_reads_back_otherwise_is_found_out_and_can_be_put_right(ends: Ends, tmp_path: Path) -> None:
    source, target = ends.make("embedded"), ends.make("influxdb")
    fill(source.store)
    with pytest.raises(TransferRefused) as refused:
        copied(source, Forgetful(target.transfer, 1_000, is_done=True), tmp_path / "home")
    assert refused.value.code == "store_copy.refused.differs"
    assert refused.value.facts["wanted"] - refused.value.facts["found"] == 1
    assert target.store.counts().rows == 0
    for _ in range(5):
        try:
            copied(source, target.transfer, tmp_path / "home")
        except TransferRefused:
            continue
        break
    assert told(target.store) == told(source.store)


@pytest.mark.parametrize("kind", ["embedded", "influxdb"])
def test_a_target_that_is_not_empty_is_refused_and_left_alone(ends: Ends, tmp_path: Path, kind: str) -> None:
    source, target = ends.make("embedded"), ends.make(kind)
    fill(source.store)
    target.store.write([StreamRow(OTHER, 1, GROUP, DEVICE, (Reading(POWER, 1.0, MIDNIGHT),))])
    before = target.store.counts()
    with pytest.raises(TransferRefused) as refused:
        copied(source, target.transfer, tmp_path / "home")
    assert refused.value.code == "store_copy.refused.not_empty"
    assert target.store.counts() == before
    assert not (tmp_path / "home" / JOURNAL).exists()


def test_another_copy_into_a_half_copied_store_is_refused(ends: Ends, tmp_path: Path) -> None:
    source, target = ends.make("embedded"), ends.make("influxdb")
    fill(source.store)
    with pytest.raises(LinkError):
        copied(source, Cut(target.transfer, 3, is_done=True), tmp_path / "home")
    journal = Journal(tmp_path / "home" / JOURNAL, "another", "other")
    with pytest.raises(TransferRefused) as refused:
        copy_store(source.transfer, target.transfer, journal, lambda *_: None)
    assert refused.value.code == "store_copy.refused.other_copy"


def test_kinds_that_share_no_field_of_influxdb_are_refused_before_anything_is_written(
    ends: Ends, tmp_path: Path
) -> None:
    source, target = ends.make("embedded"), ends.make("influxdb")
    for number, (device, value) in enumerate([("a", 1), ("b", 1.5), ("c", "on")], 1):
        source.store.write([StreamRow(STREAM, number, GROUP, device, (Reading("Own", value, MIDNIGHT),))])
    with pytest.raises(TransferRefused) as refused:
        copied(source, target.transfer, tmp_path / "home")
    assert (refused.value.facts["series"], refused.value.facts["kinds"]) == ("county/c/Own", "float, int, str")
    assert target.transfer.is_empty()


def test_whole_numbers_go_into_a_field_of_floats(ends: Ends, tmp_path: Path) -> None:
    source, target = ends.make("embedded"), ends.make("influxdb")
    for number, (device, value) in enumerate([("a", 1), ("b", 1.5)], 1):
        source.store.write([StreamRow(STREAM, number, GROUP, device, (Reading("Own", value, MIDNIGHT),))])
    copied(source, target.transfer, tmp_path / "home")
    assert target.store.series(key("Own", "a"), 0, 2**50) == [Sample(MIDNIGHT, 1.0)]


def gone(lines: bytes, *, precision: str = "ms") -> None:
    raise LinkError("gone")


def test_rows_that_were_sent_and_not_booked_are_refused(ends: Ends, tmp_path: Path) -> None:
    source, target = ends.make("influxdb"), ends.make("embedded")
    fill(source.store)
    assert isinstance(source.store, InfluxStore)
    row = StreamRow(STREAM, 9_000, GROUP, DEVICE, (Reading(POWER, 1.0, MIDNIGHT + QUARTER_MS),))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(source.store._server, "write", gone)
        with pytest.raises(LinkError):
            source.store.write([row])
    with pytest.raises(TransferRefused) as refused:
        copied(source, target.transfer, tmp_path / "home")
    assert refused.value.code == "store_copy.refused.rows_under_way"


def test_a_line_of_the_journal_that_a_kill_cut_off_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    first = Journal(path, "one", "other")
    first.begin()
    first.note(key(ENERGY), "ab")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"series": ["county", "a-ma')
    for _ in range(2):
        again = Journal(path, "one", "other")
        again.begin()
        again.note(key(POWER), "cd")
    assert Journal(path, "one", "other").is_begun
    assert again.done == {key(ENERGY): "ab", key(POWER): "cd"}
