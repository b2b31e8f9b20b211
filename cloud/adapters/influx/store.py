"""TimeSeriesStore on InfluxDB. A crash between points and ledger makes a row come again: it is written the same way.

InfluxDB knows only series and time, so before its points are sent a row is noted in SQL with its tags and with the
readings that had to move because their moment was taken; written again, it overwrites exactly its own points.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from cloud.adapters.influx.batch import Batch, BatchPlanner, FieldTypes
from cloud.adapters.influx.coarse import Span, aggregated, of_sample
from cloud.adapters.influx.ledger import InfluxLedger, Known
from cloud.adapters.influx.lines import joined
from cloud.adapters.influx.moments import FreeMoments
from cloud.adapters.influx.progress import THINNED, UpkeepProgress
from cloud.adapters.influx.reader import InfluxReader
from cloud.adapters.influx.server import InfluxServer, TooLarge
from cloud.adapters.influx.states import States, TagsOf
from cloud.adapters.influx.upkeep import InfluxUpkeep
from cloud.core.series import DAY_MS, Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from cloud.core.store_upkeep import Decide
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
        self._progress = UpkeepProgress(engine)
        self._upkeep = InfluxUpkeep(server, self._reader, self._progress, lambda: self._types)

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
        self._send(batch.lines)
        self._ledger.book(batch.rows, batch.grown, batch.touched, batch.fates, batch.done())
        batch.release()
        self._left |= {name: after for name, (_, after) in batch.grown.items()}
        redelivered = sum(amount for (_, what), amount in batch.fates.items() if what == "redelivered")
        return WriteResult(batch.stored, redelivered, batch.moved)

    def _send(self, lines: Sequence[str]) -> None:
        for start in range(0, len(lines), _LINES_AT_ONCE):
            self._send_some(lines[start : start + _LINES_AT_ONCE])

    def _send_some(self, lines: Sequence[str]) -> None:
        try:
            self._server.write(joined(lines))
        except TooLarge:
            if len(lines) == 1:
                raise
            half = len(lines) // 2
            self._send_some(lines[:half])
            self._send_some(lines[half:])

    def refusals(self, row: StreamRow) -> Mapping[int, str]:
        with self._write_lock:
            # What does not fit its field is known before anything is sent; else the row is noted as under way, and
            # each of its readings can be sent alone to the very place that it has.
            return self._refused(row, is_sent=False) or self._refused(row, is_sent=True)

    def _refused(self, row: StreamRow, *, is_sent: bool) -> dict[int, str]:
        found: dict[int, str] = {}
        for place, one in enumerate(row.readings):
            try:
                batch = self._plan([replace(row, readings=(one,))])
                if is_sent:
                    self._send(batch.lines)
            except (ValueError, OverflowError) as error:
                found[place] = str(error)
            finally:
                self._states.forget()
        return found

    def position(self, stream: str) -> RangeSet:
        return self._ledger.position(stream)

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        return self._ledger.last(group, devices)

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        types, condensed = self._types_of(key), self._condensed(key, start_ms)
        if window_ms is None:
            samples = self._reader.samples(key, start_ms, end_ms, types)
            means = [Sample(one.at_ms, one.mean) for one in self._spans(key, start_ms, end_ms, condensed)]
            return sorted([*means, *samples], key=lambda one: one.measured_ms) if means else samples
        cut_ms = min(max(condensed.values(), default=start_ms), end_ms)
        if cut_ms <= start_ms:
            return self._reader.windows(key, start_ms, end_ms, window_ms, aggregate, types)
        if window_ms > DAY_MS:
            # A longer window may hold both: it is worked out of what there is.
            cut_ms = end_ms
        late = (of_sample(one) for one in self._reader.samples(key, start_ms, cut_ms, types))
        spans = [*self._spans(key, start_ms, cut_ms, condensed), *(one for one in late if one is not None)]
        since = self._reader.windows(key, cut_ms, end_ms, window_ms, aggregate, types) if cut_ms < end_ms else []
        return [*aggregated(spans, window_ms, aggregate), *since]

    def pack(self, before_ms: int) -> bool:
        return False

    def thin(self, decide: Mapping[SeriesKey, Decide], condensed: Collection[SeriesKey], before_ms: int) -> bool:
        with self._write_lock:
            return self._upkeep.thin(decide, condensed, before_ms)

    def condense(self, keys: Collection[SeriesKey], before_ms: int) -> bool:
        with self._write_lock:
            return self._upkeep.condense(keys, before_ms)

    def counts(self) -> StoreCounts:
        stored, fates = self._reader.stored(), self._ledger.fates()
        return StoreCounts(
            stored=stored,
            # Points that no booked reading accounts for.
            duplicates=max(stored + fates.get(THINNED, 0) - fates.get("stored", 0), 0),
            quarantined=fates.get("quarantined", 0),
            redelivered=fates.get("redelivered", 0),
            rows=self._ledger.rows(),
            streams=self._ledger.streams(),
            thinned=fates.get(THINNED, 0),
        )

    def _condensed(self, key: SeriesKey, start_ms: int) -> dict[int, int]:
        """Until when means stand there, by grain; empty for a span that begins later."""
        found = self._progress.condensed(key.group, key.device, store_field(key.point).measurement)
        return {grain_ms: until_ms for grain_ms, until_ms in found.items() if until_ms > start_ms}

    def _spans(self, key: SeriesKey, start_ms: int, end_ms: int, condensed: Mapping[int, int]) -> list[Span]:
        return [
            span
            for grain_ms, until_ms in condensed.items()
            for span in self._reader.spans(key, start_ms, min(end_ms, until_ms), grain_ms)
        ]

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
