"""The reading half of the embedded store: one snapshot per question, so that a compaction under way shows nowhere."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cloud.adapters.embedded.block import Row, repeats_in, rows_of
from cloud.adapters.embedded.blocks import READINGS, REPEATED, THINNED, Blocks
from cloud.adapters.embedded.columns import Stored
from cloud.adapters.embedded.days import day_of
from cloud.adapters.embedded.samples import samples_between
from cloud.adapters.embedded.schema import COUNT_DUPLICATES
from cloud.adapters.embedded.windows import Windows, window_values
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts
from foundation.disk import Disk
from gateway.messages import Quality, Value
from gateway.stream import RangeSet

_NUMBERLESS = ("mean", "sum", "count")
"""Aggregates that make a number of a yes or no."""


class EmbeddedReader:
    """Every thread reads through a connection of its own."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path, self._disk = path, disk
        self._local = threading.local()

    def position(self, stream: str) -> RangeSet:
        query = "SELECT first, last FROM ledger JOIN stream ON stream.id = ledger.stream WHERE uuid=? ORDER BY first"
        with self.snapshot() as database:
            return RangeSet(database.execute(query, (stream,)))

    def last(self, group: str, devices: Collection[str] | None) -> Mapping[SeriesKey, Sample]:
        query = (
            "SELECT device, point, is_bool, ms, value, quality FROM last JOIN series ON series.id = last.series "
            "WHERE grp=?"
        )
        with self.snapshot() as database:
            found = database.execute(query, (group,)).fetchall()
        return {
            SeriesKey(group, device, point): Sample(ms, as_value(value, is_bool), Quality(quality))
            for device, point, is_bool, ms, value, quality in found
            if devices is None or device in devices
        }

    def samples(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[Sample]:
        with self.snapshot() as database:
            series = series_number(database, key)
            if series is None or start_ms >= end_ms:
                return []
            number, is_bool = series
            found = samples_between(database, number, start_ms, end_ms)
        return [Sample(ms, as_value(value, is_bool), Quality(quality)) for ms, value, quality in found]

    def windows(self, key: SeriesKey, start_ms: int, end_ms: int, window_ms: int, aggregate: Aggregate) -> list[Sample]:
        with self.snapshot() as database:
            series = series_number(database, key)
            if series is None or start_ms >= end_ms:
                return []
            number, is_bool = series
            found = window_values(database, number, Windows(start_ms, end_ms, window_ms, aggregate))
        is_bool = is_bool and aggregate not in _NUMBERLESS
        return [Sample(at_ms, as_value(value, is_bool)) for at_ms, value in found]

    def counts(self) -> StoreCounts:
        with self.snapshot() as database:
            blocks = Blocks(database)
            fates = dict(database.execute("SELECT fate, sum(readings) FROM fate GROUP BY fate"))
            return StoreCounts(
                stored=_one(database, "SELECT count(*) FROM sample") + blocks.tally(READINGS),
                duplicates=_one(database, COUNT_DUPLICATES) + blocks.tally(REPEATED) + _repeated_late(database, blocks),
                quarantined=fates.get("quarantined", 0),
                redelivered=fates.get("redelivered", 0),
                rows=_one(database, "SELECT coalesce(sum(last - first + 1), 0) FROM ledger"),
                streams=dict(database.execute("SELECT uuid, source FROM stream WHERE uuid <> ''")),
                thinned=blocks.tally(THINNED),
            )

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection of this thread on which all questions see one state of the store."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._disk.open_database(self._path)
            connection.execute("PRAGMA query_only=ON")
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


def series_number(database: sqlite3.Connection, key: SeriesKey) -> tuple[int, bool] | None:
    """The number of a series and whether its values are yes or no; None when it was never written."""
    found = database.execute(
        "SELECT id, is_bool FROM series WHERE grp=? AND device=? AND point=?", (key.group, key.device, key.point)
    ).fetchone()
    return (int(found[0]), bool(found[1])) if found else None


def as_value(stored: Stored, is_bool: bool | int) -> Value:
    """SQLite knows no booleans."""
    return bool(stored) if is_bool and stored is not None else stored


def _one(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute(query).fetchone()[0])


def _repeated_late(database: sqlite3.Connection, blocks: Blocks) -> int:
    """Landing rows that repeat what a block holds: only a reading that had to move can."""
    found: list[Any] = database.execute(
        "SELECT series, ms, value, quality, stream, spool, shift_ms FROM sample WHERE shift_ms > 0"
    ).fetchall()
    late: dict[tuple[int, int], list[Row]] = {}
    for series, *row in found:
        moved = Row(*row)
        late.setdefault((series, day_of(moved.ms - moved.shift_ms)), []).append(moved)
    repeated = 0
    for (series, day), moved_rows in late.items():
        if block := blocks.find(series, day):
            repeated += repeats_in([*rows_of(block), *moved_rows]) - repeats_in(rows_of(block)) - repeats_in(moved_rows)
    return repeated
