"""TimeSeriesStore in one SQLite file: no server, many readers, readings and ledger in one commit."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from cloud.adapters.embedded.schema import AGGREGATES, COUNT_DUPLICATES, SCHEMA
from cloud.adapters.embedded.writer import EmbeddedWriter
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from foundation.disk import Disk, transaction
from gateway.messages import Quality, Value
from gateway.stream import RangeSet


class EmbeddedStore:
    """One process writes (the ingest role), any number read."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path, self._disk = path, disk
        self._write_lock = threading.Lock()
        self._database = disk.open_database(path)
        with transaction(self._database):
            for statement in SCHEMA:
                self._database.execute(statement)
        self._writer = EmbeddedWriter(self._database)
        self._readers = threading.local()

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        with self._write_lock:
            return self._writer.write(rows)

    def position(self, stream: str) -> RangeSet:
        found = self._read(
            "SELECT first, last FROM ledger JOIN stream ON stream.id = ledger.stream WHERE uuid=? ORDER BY first",
            (stream,),
        )
        return RangeSet(found)

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        query = (
            "SELECT device, point, is_bool, ms, value, quality FROM last JOIN series ON series.id = last.series "
            "WHERE grp=?"
        )
        found = self._read(query, (group,))
        return {
            SeriesKey(group, device, point): Sample(ms, _value(value, is_bool), Quality(quality))
            for device, point, is_bool, ms, value, quality in found
            if devices is None or device in devices
        }

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        found = self._read(
            "SELECT id, is_bool FROM series WHERE grp=? AND device=? AND point=?", (key.group, key.device, key.point)
        )
        if not found:
            return []
        number, is_bool = found[0]
        if window_ms is not None:
            return self._windows(number, start_ms, end_ms, window_ms, aggregate)
        found = self._read(
            "SELECT ms, value, quality FROM sample WHERE series=? AND ms>=? AND ms<? ORDER BY ms",
            (number, start_ms, end_ms),
        )
        return [Sample(ms, _value(value, is_bool), Quality(quality)) for ms, value, quality in found]

    def counts(self) -> StoreCounts:
        fates = dict(self._read("SELECT fate, sum(readings) FROM fate GROUP BY fate", ()))
        return StoreCounts(
            stored=self._read("SELECT count(*) FROM sample", ())[0][0],
            duplicates=self._read(COUNT_DUPLICATES, ())[0][0],
            quarantined=fates.get("quarantined", 0),
            redelivered=fates.get("redelivered", 0),
            rows=self._read("SELECT coalesce(sum(last - first + 1), 0) FROM ledger", ())[0][0],
            streams=dict(self._read("SELECT uuid, source FROM stream WHERE uuid <> ''", ())),
        )

    def close(self) -> None:
        with self._write_lock:
            self._database.close()

    def _windows(self, number: int, start_ms: int, end_ms: int, window_ms: int, aggregate: Aggregate) -> list[Sample]:
        # SQLite gives the bare column of the row that has the minimum or maximum.
        value = AGGREGATES.get(aggregate, "value")
        pick = {"first": ", min(ms)", "last": ", max(ms)"}.get(aggregate, "")
        found = self._read(
            f"SELECT ms / ? * ?, {value} {pick} FROM sample WHERE series=? AND ms>=? AND ms<? AND quality=? "  # noqa: S608
            "AND value IS NOT NULL GROUP BY ms / ? ORDER BY 1",
            (window_ms, window_ms, number, start_ms, end_ms, int(Quality.GOOD), window_ms),
        )
        return [Sample(row[0], row[1]) for row in found]

    def _read(self, query: str, values: Sequence[object]) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._disk.open_database(self._path)
            connection.execute("PRAGMA query_only=ON")
        return connection.execute(query, values).fetchall()


def _value(stored: Any, is_bool: int) -> Value:
    value: Value = bool(stored) if is_bool and stored is not None else stored
    return value
