"""TimeSeriesStore on InfluxDB. A crash between points and ledger makes a row come again: it is written the same way.

InfluxDB knows only series and time, so before its points are sent a row is noted in SQL with its tags and with the
readings that had to move because their moment was taken; written again, it overwrites exactly its own points.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from cloud.adapters.influx.batch import Batch, BatchPlanner, FieldTypes
from cloud.adapters.influx.ledger import InfluxLedger, Known
from cloud.adapters.influx.lines import joined
from cloud.adapters.influx.moments import FreeMoments
from cloud.adapters.influx.reader import InfluxReader
from cloud.adapters.influx.server import InfluxServer
from cloud.adapters.influx.states import States, TagsOf
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from device_profiles.measurements import store_field
from gateway.stream import RangeSet

_LINES_AT_ONCE = 5_000


class InfluxStore:
    """Fits the port TimeSeriesStore; one process writes a series, any number read."""

    def __init__(self, server: InfluxServer, engine: sa.Engine, tags_of: TagsOf) -> None:
        self._server = server
        self._ledger, self._reader = InfluxLedger(engine), InfluxReader(server)
        self._moments = FreeMoments(self._reader)
        self._states = States(tags_of)
        self._left: dict[str, RangeSet] = {}
        """What was booked of each stream when this program wrote last."""
        self._types = self._ledger.field_types()
        self._write_lock = threading.Lock()

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        with self._write_lock:
            try:
                return self._write(rows)
            except BaseException:
                # The states have run ahead of what is booked.
                self._states.forget()
                raise

    def _write(self, rows: Sequence[StreamRow]) -> WriteResult:
        batch = self._plan(rows)
        if batch.plans:
            self._ledger.begin(batch.plans.values())
        for start in range(0, len(batch.lines), _LINES_AT_ONCE):
            self._server.write(joined(batch.lines[start : start + _LINES_AT_ONCE]))
        self._ledger.book(batch.rows, batch.grown, batch.touched, batch.fates, batch.done())
        batch.release()
        self._left |= {name: after for name, (_, after) in batch.grown.items()}
        redelivered = sum(amount for (_, what), amount in batch.fates.items() if what == "redelivered")
        return WriteResult(batch.stored, redelivered, batch.moved)

    def position(self, stream: str) -> RangeSet:
        return self._ledger.position(stream)

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        return self._ledger.last(group, devices)

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        types = self._types_of(key)
        if window_ms is None:
            return self._reader.samples(key, start_ms, end_ms, types)
        return self._reader.windows(key, start_ms, end_ms, window_ms, aggregate, types)

    def counts(self) -> StoreCounts:
        stored, fates = self._reader.stored(), self._ledger.fates()
        return StoreCounts(
            stored=stored,
            # Points that no booked reading accounts for.
            duplicates=max(stored - fates.get("stored", 0), 0),
            quarantined=fates.get("quarantined", 0),
            redelivered=fates.get("redelivered", 0),
            rows=self._ledger.rows(),
            streams=self._ledger.streams(),
        )

    def _plan(self, rows: Sequence[StreamRow]) -> Batch:
        """Everything that can be refused is refused here, before anything is sent."""
        known = self._ledger.known({row.stream for row in rows if row.stream})
        self._recall(known, rows)
        batch = Batch(known)
        planner = BatchPlanner(self._states, self._moments, self._types)
        for row in rows:
            planner.plan(batch, row)
        if not batch.fresh:
            return batch
        self._ledger.declare(batch.fresh)
        # Another process may have been first, with another type; and every state has to learn its own.
        self._types = self._ledger.field_types()
        self._states.forget()
        return self._plan(rows)

    def _recall(self, known: Known, rows: Sequence[StreamRow]) -> None:
        """Know where the series of these rows stand."""
        if any(booked != self._left.get(name, _NOTHING) for name, booked in known.booked.items()):
            # Another program has written these streams since, so it may have written their series.
            self._states.forget()
            self._left |= known.booked
        devices = self._states.unknown((row.group, row.device) for row in rows)
        if devices:
            self._states.enter(devices, self._ledger.reaches(devices), self._types)

    def _types_of(self, key: SeriesKey) -> FieldTypes:
        place = store_field(key.point)
        if (place.measurement, place.field) not in self._types:
            # Another process may have written the first value.
            self._types = self._ledger.field_types()
        return self._types


_NOTHING = RangeSet()
