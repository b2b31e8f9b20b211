"""The writing half of the embedded store: readings, newest values and ledger of a batch in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cloud.adapters.embedded.columns import Stored
from cloud.adapters.embedded.moments import BlockMoments
from cloud.adapters.embedded.schema import ADD_FATE, INSERT_SAMPLE, KEEP_NEWEST
from cloud.core.series import SeriesKey, StreamRow, WriteResult
from foundation.disk import transaction
from gateway.messages import Value
from gateway.stream import RangeSet

_Fields = tuple[int, int, Value, int, int, int, int]
"""series, ms, value, quality, stream, spool, shift_ms"""


@dataclass(slots=True)
class _Batch:
    samples: list[_Fields] = field(default_factory=list)
    newest: dict[int, tuple[int, Value, int]] = field(default_factory=dict)
    ledgers: dict[int, RangeSet] = field(default_factory=dict)
    fates: Counter[tuple[int, str]] = field(default_factory=Counter)


class EmbeddedWriter:
    """The only writer of its file; calls must not overlap."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._series: dict[SeriesKey, int] = {}
        self._bools: set[int] = set()
        self._streams: dict[str, int] = {}
        self._ledgers: dict[int, RangeSet] = {}
        self._moments = BlockMoments(database)

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        """Store and book rows, all or nothing, durable on return."""
        batch = _Batch()
        try:
            with transaction(self._database):
                for row in rows:
                    self._collect(batch, row)
                moved = self._insert(batch.samples)
                self._database.executemany(KEEP_NEWEST, [(series, *last) for series, last in batch.newest.items()])
                self._book(batch)
        except BaseException:
            # Numbers given inside the rolled-back transaction do not exist.
            self._series.clear()
            self._bools.clear()
            self._streams.clear()
            raise
        self._ledgers.update(batch.ledgers)
        redelivered = sum(amount for (_, fate), amount in batch.fates.items() if fate == "redelivered")
        return WriteResult(len(batch.samples), redelivered, moved)

    def refusals(self, row: StreamRow) -> dict[int, str]:
        """Readings that SQLite cannot take; nothing is stored."""
        found: dict[int, str] = {}
        for place, one in enumerate(row.readings):
            try:
                self._database.execute("SELECT ?, ?", (one.measured_ms, one.value)).fetchone()
            except (sqlite3.Error, OverflowError, ValueError) as error:
                found[place] = str(error)
        return found

    def _collect(self, batch: _Batch, row: StreamRow) -> None:
        stream = self._stream_number(row.stream, row.group)
        if row.stream:
            ledger = batch.ledgers.get(stream)
            if ledger is None:
                ledger = batch.ledgers[stream] = RangeSet(self._ledger(stream))
            if row.spool in ledger:
                batch.fates[stream, "redelivered"] += len(row.readings) + row.quarantined
                return
            ledger.add(row.spool)
        batch.fates[stream, "stored"] += len(row.readings)
        batch.fates[stream, "quarantined"] += row.quarantined
        for reading in row.readings:
            series = self._series_number(SeriesKey(row.group, row.device, reading.point), reading.value)
            at, quality = reading.measured_ms, int(reading.quality)
            batch.samples.append((series, at, reading.value, quality, stream, row.spool, 0))
            newest = batch.newest.get(series)
            if newest is None or at >= newest[0]:
                batch.newest[series] = (at, reading.value, quality)

    def _insert(self, samples: Sequence[_Fields]) -> int:
        """Insert readings; the moments that are taken are found only when there are any. Returns how many moved."""
        self._moments.begin()
        is_old = self._moments.is_any_old(sample[1] for sample in samples)
        if is_old and any(ms in self._moments.taken(series, ms) for series, ms, *_ in samples):
            return sum(self._insert_one(sample) for sample in samples)
        self._database.execute("SAVEPOINT readings")
        try:
            self._database.executemany(INSERT_SAMPLE, samples)
        except sqlite3.IntegrityError:
            self._database.execute("ROLLBACK TO readings")
            return sum(self._insert_one(sample) for sample in samples)
        finally:
            self._database.execute("RELEASE readings")
        return 0

    def _insert_one(self, sample: _Fields) -> bool:
        """Insert one reading at its moment or the next free millisecond; True when it moved."""
        series, ms, value, quality, stream, spool, _ = sample
        shift = 0
        # A foreign edge has no rows to tell apart: the same value at the same time is the same reading.
        while (taken := self._taken(series, ms + shift)) and (spool > 0 or taken != (value,)):
            shift += 1
        if not taken:
            self._database.execute(INSERT_SAMPLE, (series, ms + shift, value, quality, stream, spool, shift))
        return shift > 0

    def _taken(self, series: int, ms: int) -> tuple[Stored] | None:
        """The value that stands at a moment; None when it is free."""
        found: tuple[Stored] | None = self._database.execute(
            "SELECT value FROM sample WHERE series=? AND ms=?", (series, ms)
        ).fetchone()
        in_block = self._moments.taken(series, ms)
        return (in_block[ms],) if found is None and ms in in_block else found

    def _book(self, batch: _Batch) -> None:
        for stream, ledger in batch.ledgers.items():
            known, grown = set(self._ledger(stream)), set(ledger)
            self._database.executemany(
                "DELETE FROM ledger WHERE stream=? AND first=?", [(stream, first) for first, _ in known - grown]
            )
            self._database.executemany(
                "INSERT INTO ledger VALUES(?, ?, ?)", [(stream, first, last) for first, last in grown - known]
            )
        counted = [(stream, fate, amount) for (stream, fate), amount in batch.fates.items() if amount]
        self._database.executemany(ADD_FATE, counted)

    def _ledger(self, stream: int) -> Iterable[tuple[int, int]]:
        known = self._ledgers.get(stream)
        if known is None:
            found = self._database.execute("SELECT first, last FROM ledger WHERE stream=?", (stream,)).fetchall()
            known = self._ledgers[stream] = RangeSet(found)
        return known

    def _series_number(self, key: SeriesKey, value: Value) -> int:
        number = self._series.get(key)
        if number is None or (value.__class__ is bool and number not in self._bools):
            names = (key.group, key.device, key.point)
            self._database.execute(
                "INSERT OR IGNORE INTO series(grp, device, point, is_bool) VALUES(?, ?, ?, ?)",
                (*names, isinstance(value, bool)),
            )
            number = self._series[key] = self._number(
                "SELECT id FROM series WHERE grp=? AND device=? AND point=?", names
            )
            if value.__class__ is bool:
                # The first value of a series may have been none at all.
                self._database.execute("UPDATE series SET is_bool=1 WHERE id=? AND is_bool=0", (number,))
                self._bools.add(number)
        return number

    def _stream_number(self, stream: str, source: str) -> int:
        number = self._streams.get(stream)
        if number is None:
            self._database.execute("INSERT OR IGNORE INTO stream(uuid, source) VALUES(?, ?)", (stream, source))
            number = self._streams[stream] = self._number("SELECT id FROM stream WHERE uuid=?", (stream,))
        return number

    def _number(self, query: str, values: tuple[str, ...]) -> int:
        return int(self._database.execute(query, values).fetchone()[0])
