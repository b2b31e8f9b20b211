"""TimeSeriesStore in one SQLite file: no server, many readers, readings and ledger in one commit."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from cloud.adapters.embedded.compaction import Compaction
from cloud.adapters.embedded.reader import EmbeddedReader
from cloud.adapters.embedded.schema import SCHEMA
from cloud.adapters.embedded.upkeep import BlockUpkeep
from cloud.adapters.embedded.writer import EmbeddedWriter
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from cloud.core.store_upkeep import Decide
from foundation.disk import Disk, transaction
from gateway.stream import RangeSet


class EmbeddedStore:
    """One process writes what arrives (the ingest role); any number read, and any may do the upkeep."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._write_lock = threading.Lock()
        self._database = disk.open_database(path)
        if not self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            # Settled by the first write of a file for good; a store that is older reuses its free pages only.
            self._database.execute("PRAGMA auto_vacuum=INCREMENTAL")
            self._database.execute("VACUUM")
        with transaction(self._database):
            for statement in SCHEMA:
                self._database.execute(statement)
        self._writer = EmbeddedWriter(self._database)
        self._compaction, self._upkeep = Compaction(self._database), BlockUpkeep(self._database)
        self._reader = EmbeddedReader(path, disk)

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        with self._write_lock:
            return self._writer.write(rows)

    def refusals(self, row: StreamRow) -> Mapping[int, str]:
        with self._write_lock:
            return self._writer.refusals(row)

    def position(self, stream: str) -> RangeSet:
        return self._reader.position(stream)

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        return self._reader.last(group, devices)

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        if window_ms is None:
            return self._reader.samples(key, start_ms, end_ms)
        return self._reader.windows(key, start_ms, end_ms, window_ms, aggregate)

    def counts(self) -> StoreCounts:
        return self._reader.counts()

    def pack(self, before_ms: int) -> bool:
        with self._write_lock:
            return self._compaction.step(before_ms)

    def thin(self, decide: Mapping[SeriesKey, Decide], condensed: Collection[SeriesKey], before_ms: int) -> bool:
        with self._write_lock:
            return self._upkeep.thin(decide, condensed, before_ms)

    def condense(self, keys: Collection[SeriesKey], before_ms: int) -> bool:
        with self._write_lock:
            return self._upkeep.condense(keys, before_ms)

    def close(self) -> None:
        with self._write_lock:
            self._database.close()
