"""The embedded store as one end of a copy: whole days go in as blocks, the newest ones as landing rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path

from cloud.adapters.embedded.block import Block, Mean, Row, block_of, figures_of_means, means_of, repeats_in
from cloud.adapters.embedded.blocks import THINNED, Blocks
from cloud.adapters.embedded.columns import pack
from cloud.adapters.embedded.days import day_of, start_of
from cloud.adapters.embedded.reader import as_value, series_number
from cloud.adapters.embedded.samples import rows_between
from cloud.adapters.embedded.schema import ADD_FATE, INSERT_SAMPLE, KEEP_NEWEST
from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.series import Sample, SeriesKey
from cloud.core.store_transfer import Books, Content, Kinds, Traced, TransferRefused, WindowMeans
from foundation.disk import Disk, transaction
from gateway.messages import Quality
from gateway.stream import RangeSet

_NAME_STREAM = "INSERT INTO stream(uuid, source) VALUES(?, ?) ON CONFLICT(uuid) DO UPDATE SET source = excluded.source"


class EmbeddedTransfer:
    """Fits StoreSource and StoreTarget, over one connection of its own to the file of a store."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._blocks = database, Blocks(database)
        self._uuids: dict[int, str] = {}
        self._growing_ms = 0

    def series(self) -> list[SeriesKey]:
        return sorted(SeriesKey(*row) for row in self._database.execute("SELECT grp, device, point FROM series"))

    def span(self, key: SeriesKey) -> tuple[int, int] | None:
        number, _ = self._number(key)
        landing = self._database.execute("SELECT min(ms), max(ms) FROM sample WHERE series=?", (number,)).fetchone()
        packed = self._database.execute("SELECT min(day), max(day) FROM block WHERE series=?", (number,)).fetchone()
        days = [day_of(ms) for ms in landing if ms is not None] + [day for day in packed if day is not None]
        return (start_of(min(days)), start_of(max(days) + 1)) if days else None

    def content(self, key: SeriesKey, start_ms: int, end_ms: int) -> Content:
        number, is_bool = self._number(key)
        rows = rows_between(self._database, number, start_ms, end_ms)
        readings = [
            Traced(
                Sample(row.ms, as_value(row.value, is_bool), Quality(row.quality)),
                self._uuid(row.stream),
                row.spool,
                row.shift_ms,
            )
            for row in rows
        ]
        packed = self._blocks.packed(number, day_of(start_ms), day_of(end_ms - 1) + 1)
        means = [WindowMeans(grain_ms, *mean) for grain_ms, held in packed for mean in means_of(grain_ms, held)]
        return Content(start_ms, end_ms, readings, means)

    def books(self) -> Books:
        ledger: dict[str, RangeSet] = {}
        ranges = "SELECT uuid, first, last FROM ledger JOIN stream ON stream.id = ledger.stream WHERE uuid <> ''"
        for uuid, first, last in self._database.execute(ranges):
            ledger.setdefault(uuid, RangeSet()).add(first, last)
        fates = "SELECT uuid, fate, readings FROM fate JOIN stream ON stream.id = fate.stream"
        newest = (
            "SELECT grp, device, point, is_bool, ms, value, quality FROM last JOIN series ON series.id = last.series"
        )
        return Books(
            ledger=ledger,
            sources=dict(self._database.execute("SELECT uuid, source FROM stream WHERE uuid <> ''")),
            fates={(uuid, fate): amount for uuid, fate, amount in self._database.execute(fates)},
            thinned=self._blocks.tally(THINNED),
            newest={
                SeriesKey(group, device, point): Sample(ms, as_value(value, is_bool), Quality(quality))
                for group, device, point, is_bool, ms, value, quality in self._database.execute(newest)
            },
        )

    def is_empty(self) -> bool:
        tables = ("series", "stream", "sample", "block", "ledger", "tally")
        return not any(self._database.execute(f"SELECT 1 FROM {one} LIMIT 1").fetchone() for one in tables)  # noqa: S608

    def settle(self, kinds: Mapping[SeriesKey, Kinds], growing_ms: int) -> None:
        self._growing_ms = growing_ms
        rows = [(key.group, key.device, key.point, bool in of_key) for key, of_key in sorted(kinds.items())]
        with transaction(self._database):
            self._database.executemany(
                "INSERT OR IGNORE INTO series(grp, device, point, is_bool) VALUES(?, ?, ?, ?)", rows
            )

    def put(self, key: SeriesKey, content: Content) -> None:
        """Days of which only means are left become blocks of these; what came late for such a day lands beside it.

        So do the readings of the day that still grows: in a block, every new one would have to be looked for.
        """
        number, _ = self._number(key)
        means = {day: list(of_day) for day, of_day in groupby(content.means, lambda one: day_of(one.at_ms))}
        with transaction(self._database):
            streams = {uuid: self._stream(uuid, key.group) for uuid in {one.stream for one in content.readings}}
            rows = [_row(one, streams) for one in content.readings]
            self._database.execute(
                "DELETE FROM sample WHERE series=? AND ms>=? AND ms<?", (number, content.start_ms, content.end_ms)
            )
            for day, of_day in means.items():
                self._put_block(number, day, _block_of_means(key, of_day))
            for day, of_it in groupby(rows, lambda row: day_of(row.ms)):
                told = list(of_it)
                if day in means or start_of(day) >= self._growing_ms:
                    self._database.executemany(INSERT_SAMPLE, [(number, *row) for row in told])
                else:
                    self._put_block(number, day, block_of(told, repeated=repeats_in(told)))

    def enter(self, books: Books, first_ms: Mapping[SeriesKey, int]) -> None:
        with transaction(self._database):
            for table in ("ledger", "fate", "last"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608
            self._database.executemany(_NAME_STREAM, books.sources.items())
            streams = {uuid: self._stream(uuid, "") for uuid in books.ledger}
            ranges = [(streams[uuid], *part) for uuid, booked in books.ledger.items() for part in booked]
            self._database.executemany("INSERT INTO ledger VALUES(?, ?, ?)", ranges)
            fates = [(self._stream(uuid, ""), fate, amount) for (uuid, fate), amount in books.fates.items()]
            self._database.executemany(ADD_FATE, fates)
            newest = [
                (self._number(key)[0], one.measured_ms, one.value, int(one.quality))
                for key, one in books.newest.items()
            ]
            self._database.executemany(KEEP_NEWEST, newest)
            self._database.execute("INSERT OR REPLACE INTO tally VALUES(?, ?)", (THINNED, books.thinned))

    def _put_block(self, series: int, day: int, block: Block) -> None:
        self._blocks.put(series, day, block, self._blocks.find(series, day))

    def _number(self, key: SeriesKey) -> tuple[int, bool]:
        found = series_number(self._database, key)
        if found is None:
            raise KeyError(key)
        return found

    def _stream(self, uuid: str, source: str) -> int:
        """The number of a stream; the source of one that is known stays as it is."""
        self._database.execute("INSERT OR IGNORE INTO stream(uuid, source) VALUES(?, ?)", (uuid, source))
        return int(self._database.execute("SELECT id FROM stream WHERE uuid=?", (uuid,)).fetchone()[0])

    def _uuid(self, stream: int) -> str:
        if stream not in self._uuids:
            self._uuids = dict(self._database.execute("SELECT id, uuid FROM stream"))
        return self._uuids[stream]


@contextmanager
def embedded_end(path: Path, disk: Disk) -> Iterator[EmbeddedTransfer]:
    """The store in a file as an end of a copy; the file is made when it is missing."""
    EmbeddedStore(path, disk).close()
    with closing(disk.open_database(path)) as database:
        yield EmbeddedTransfer(database)


def _row(one: Traced, streams: Mapping[str, int]) -> Row:
    value = int(one.sample.value) if isinstance(one.sample.value, bool) else one.sample.value
    return Row(one.sample.measured_ms, value, int(one.sample.quality), streams[one.stream], one.spool, one.shift_ms)


def _block_of_means(key: SeriesKey, told: Sequence[WindowMeans]) -> Block:
    grains = {one.grain_ms for one in told}
    if len(grains) > 1:
        raise TransferRefused("two_grains", series=f"{key.group}/{key.device}/{key.point}", at_ms=told[0].at_ms)
    means = [Mean(one.at_ms, one.good, one.total, one.lowest, one.highest) for one in told]
    packed = pack(*zip(*means, strict=True))
    return Block(grains.pop(), 0, 0, 0, figures_of_means(means), packed, b"")
