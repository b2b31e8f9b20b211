"""TimeSeriesStore on InfluxDB. A crash between points and ledger makes a row come again: it is written the same way.

InfluxDB knows only series and time, so before its points are sent a row is noted in SQL with its tags and with the
readings that had to move because their moment was taken; written again, it overwrites exactly its own points.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from cloud.adapters.influx.ledger import InfluxLedger, Known, Reach, RowId, UnderWay
from cloud.adapters.influx.lines import Placed, check, joined, lines
from cloud.adapters.influx.moments import FreeMoments
from cloud.adapters.influx.reader import InfluxReader
from cloud.adapters.influx.server import InfluxServer
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from device_profiles.measurements import store_field
from gateway.messages import Reading, Value
from gateway.stream import RangeSet

TagsOf = Callable[[str, str], Mapping[str, str]]
"""From group and device to the tags of its lines, such as its building."""

_LINES_AT_ONCE = 5_000
_KINDS: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "text"}


@dataclass(slots=True)
class _Batch:
    known: Known
    rows: list[StreamRow] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    begin: dict[RowId, UnderWay] = field(default_factory=dict)
    reaches: dict[SeriesKey, Reach] = field(default_factory=dict)
    taken: dict[SeriesKey, dict[int, Value]] = field(default_factory=dict)
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    stored: int = 0
    moved: int = 0

    def reach(self, key: SeriesKey) -> Reach | None:
        """Where a series stands, with what this batch adds."""
        return self.reaches.get(key) or self.known.reaches.get(key)


class InfluxStore:
    """Fits the port TimeSeriesStore; one process writes a series, any number read."""

    def __init__(self, server: InfluxServer, engine: sa.Engine, tags_of: TagsOf) -> None:
        self._server, self._tags_of = server, tags_of
        self._ledger, self._reader = InfluxLedger(engine), InfluxReader(server)
        self._moments = FreeMoments(self._reader)
        self._types = self._ledger.field_types()
        self._write_lock = threading.Lock()

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        with self._write_lock:
            batch = self._plan(rows)
            if batch.begin:
                self._ledger.begin(batch.begin)
            for start in range(0, len(batch.lines), _LINES_AT_ONCE):
                self._server.write(joined(batch.lines[start : start + _LINES_AT_ONCE]))
            self._ledger.book(batch.rows, batch.reaches, batch.fates)
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

    def _plan(self, rows: Sequence[StreamRow]) -> _Batch:
        batch = _Batch(self._ledger.known(rows))
        self._sort_out(batch, rows)
        self._declare(batch.rows)
        for row in batch.rows:
            self._plan_row(batch, row)
        return batch

    def _sort_out(self, batch: _Batch, rows: Sequence[StreamRow]) -> None:
        """Leave out what the ledger holds, and what stands twice in this batch."""
        for row in rows:
            if row.stream:
                booked = batch.known.booked[row.stream]
                if row.spool in booked:
                    batch.fates[row.stream, "redelivered"] += len(row.readings) + row.quarantined
                    continue
                booked.add(row.spool)
            batch.fates[row.stream, "stored"] += len(row.readings)
            batch.fates[row.stream, "quarantined"] += row.quarantined
            batch.rows.append(row)

    def _declare(self, rows: Sequence[StreamRow]) -> None:
        """Check content before anything is sent; the first value of a field settles its type."""
        fresh = self._fresh_types(rows)
        if fresh:
            self._ledger.declare(fresh)
            # Another process may have been first, with another type.
            self._types = self._ledger.field_types()
            self._fresh_types(rows)

    def _fresh_types(self, rows: Sequence[StreamRow]) -> dict[tuple[str, str], str]:
        """Types of fields that have none yet; ValueError where a value does not fit."""
        fresh: dict[tuple[str, str], str] = {}
        for row in rows:
            for reading in row.readings:
                if reading.value is None:
                    continue
                check(reading.value)
                place = store_field(reading.point)
                name, kind = (place.measurement, place.field), _KINDS[type(reading.value)]
                settled = self._types.get(name) or fresh.setdefault(name, kind)
                if kind != settled and (kind, settled) != ("int", "float"):
                    raise ValueError(f"{place.measurement}.{place.field} holds {settled}, not {kind}")
        return fresh

    def _plan_row(self, batch: _Batch, row: StreamRow) -> None:
        begun = batch.known.under_way.get((row.stream, row.spool))
        plan = begun or UnderWay(dict(self._tags_of(row.group, row.device)))
        keys = {point: SeriesKey(row.group, row.device, point) for point in {one.point for one in row.readings}}
        placed = []
        for reading in row.readings:
            key, name = keys[reading.point], f"{reading.point}@{reading.measured_ms}"
            if begun is None and (shift := self._shift(batch, key, reading, is_foreign=not row.stream)):
                plan.shifts[name] = shift
            placed.append(self._place(batch, key, reading, reading.measured_ms + plan.shifts.get(name, 0)))
            batch.moved += name in plan.shifts
        if row.stream and begun is None and placed:
            batch.begin[row.stream, row.spool] = plan
        batch.lines += lines(row.group, row.device, plan.tags, placed)
        batch.stored += len(placed)

    def _shift(self, batch: _Batch, key: SeriesKey, reading: Reading, *, is_foreign: bool) -> int:
        """Milliseconds to the next free moment, 0 when the reading's own is free."""
        reach = batch.reach(key)
        if reach is None or not reach.first_ms <= reading.measured_ms <= reach.last.measured_ms:
            return 0
        taken, end_ms, shift = batch.taken.setdefault(key, {}), reach.last.measured_ms + 1, 0
        while not self._moments.is_free(key, reading.measured_ms + shift, end_ms, taken, self._types):
            # A foreign edge has no rows to tell apart: the same value at the same time is the same reading.
            if is_foreign and taken[reading.measured_ms + shift] == reading.value:
                break
            shift += 1
        return shift

    def _place(self, batch: _Batch, key: SeriesKey, reading: Reading, at_ms: int) -> Placed:
        """Take the moment, and remember how far the series reaches with it."""
        place = store_field(key.point)
        is_float = self._types.get((place.measurement, place.field)) == "float"
        value = float(reading.value) if is_float and type(reading.value) is int else reading.value
        batch.taken.setdefault(key, {})[at_ms] = value
        self._moments.take(key, at_ms)
        reach = batch.reach(key)
        if reach is None:
            batch.reaches[key] = Reach(at_ms, Sample(at_ms, value, reading.quality))
        elif at_ms >= reach.last.measured_ms:
            batch.reaches[key] = Reach(min(at_ms, reach.first_ms), Sample(at_ms, value, reading.quality))
        elif at_ms < reach.first_ms:
            batch.reaches[key] = Reach(at_ms, reach.last)
        return Placed(place, at_ms, value, reading.quality)

    def _types_of(self, key: SeriesKey) -> Mapping[tuple[str, str], str]:
        place = store_field(key.point)
        if (place.measurement, place.field) not in self._types:
            # Another process may have written the first value.
            self._types = self._ledger.field_types()
        return self._types
