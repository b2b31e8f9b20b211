"""The InfluxDB store as one end of a copy: points in InfluxDB, the books beside them in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from cloud.adapters.influx.coarse import SUFFIXES, Span, coarse_lines
from cloud.adapters.influx.ledger import InfluxLedger
from cloud.adapters.influx.lines import escape, field_texts, joined, prefix
from cloud.adapters.influx.progress import THINNED, Place, Progress, UpkeepProgress
from cloud.adapters.influx.reader import InfluxReader
from cloud.adapters.influx.server import InfluxServer
from cloud.adapters.influx.states import TagsOf
from cloud.adapters.influx.tables import fate, field_type, ledger, newest, stream, under_way, upkeep
from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import upsert_all
from cloud.core.series import DAY_MS, Sample, SeriesKey, window_start
from cloud.core.store_transfer import Books, Content, Kinds, Traced, TransferRefused, WindowMeans
from device_profiles.measurements import StoreField, store_field
from gateway.messages import Quality
from gateway.stream import RangeSet

_NAMES: Mapping[Kinds, str] = {
    frozenset({bool}): "bool",
    frozenset({int}): "int",
    frozenset({float}): "float",
    frozenset({int, float}): "float",
    frozenset({str}): "str",
}
"""What a field is that takes values of these kinds; InfluxDB knows no other mixture."""

_LINES_AT_ONCE = 5_000
_MINE = (stream, ledger, fate, newest, field_type, upkeep, under_way)


class InfluxTransfer:
    """Fits StoreSource and StoreTarget. InfluxDB keeps no trace of the row that a reading came in."""

    def __init__(self, server: InfluxServer, engine: sa.Engine, tags_of: TagsOf) -> None:
        self._server, self._engine, self._tags_of = server, engine, tags_of
        self._reader, self._ledger, self._progress = InfluxReader(server), InfluxLedger(engine), UpkeepProgress(engine)
        self._types = self._ledger.field_types()
        self._reaches: dict[SeriesKey, tuple[int, int]] = {}

    def series(self) -> list[SeriesKey]:
        with reading(self._engine) as connection:
            if connection.execute(sa.select(under_way.c.spool).limit(1)).first() is not None:
                raise TransferRefused("rows_under_way")
            if any(row.moments for row in connection.execute(sa.select(upkeep.c.moments))):
                raise TransferRefused("upkeep_under_way")
            self._reaches = {
                SeriesKey(row.group_id, row.device, row.point): (row.first_ms, row.ms)
                for row in connection.execute(sa.select(newest))
            }
        self._types = self._ledger.field_types()
        return sorted(self._reaches)

    def span(self, key: SeriesKey) -> tuple[int, int] | None:
        first_ms, last_ms = self._reaches[key]
        return window_start(first_ms, DAY_MS), window_start(last_ms, DAY_MS) + DAY_MS

    def content(self, key: SeriesKey, start_ms: int, end_ms: int) -> Content:
        grains = self._progress.condensed(key.group, key.device, store_field(key.point).measurement)
        means = [
            WindowMeans(grain_ms, one.at_ms, one.good, one.total, one.lowest, one.highest)
            for grain_ms, until_ms in grains.items()
            for one in self._reader.spans(key, start_ms, min(end_ms, until_ms), grain_ms)
        ]
        readings = [Traced(one) for one in self._reader.samples(key, start_ms, end_ms, self._types)]
        return Content(start_ms, end_ms, readings, sorted(means, key=lambda one: one.at_ms))

    def books(self) -> Books:
        with reading(self._engine) as connection:
            booked: dict[str, RangeSet] = {}
            for row in connection.execute(sa.select(ledger)):
                booked.setdefault(row.stream, RangeSet()).add(row.first, row.last)
            fates = {(row.stream, row.fate): int(row.readings) for row in connection.execute(sa.select(fate))}
            last = {
                SeriesKey(row.group_id, row.device, row.point): Sample(
                    row.ms, row.sample["value"], Quality(row.sample["quality"])
                )
                for row in connection.execute(sa.select(newest))
            }
        thinned = fates.pop(("", THINNED), 0)
        return Books(booked, self._ledger.streams(), fates, thinned, last)

    def is_empty(self) -> bool:
        with reading(self._engine) as connection:
            if any(connection.execute(sa.select(sa.literal(1)).select_from(one).limit(1)).first() for one in _MINE):
                return False
        return not self._server.query("SELECT * FROM /.*/ LIMIT 1")

    def settle(self, kinds: Mapping[SeriesKey, Kinds], growing_ms: int) -> None:
        fields: dict[StoreField, Kinds] = {}
        for key, of_key in sorted(kinds.items()):
            place = store_field(key.point)
            fields[place] = fields.get(place, frozenset()) | of_key
            if fields[place] and fields[place] not in _NAMES:
                found = ", ".join(sorted(kind.__name__ for kind in fields[place]))
                raise TransferRefused("kinds", series=f"{key.group}/{key.device}/{key.point}", kinds=found)
        types = {(place.measurement, place.field): _NAMES[of] for place, of in fields.items() if of}
        self._ledger.declare(types)
        self._types = self._ledger.field_types()

    def put(self, key: SeriesKey, content: Content) -> None:
        place = store_field(key.point)
        tags = {"group": key.group, "device": key.device}
        head = prefix(place.measurement, {**tags, **self._tags_of(key.group, key.device)})
        is_float = self._types.get((place.measurement, place.field)) == "float"
        self._write(_line(head, escape(place.field), one.sample, is_float=is_float) for one in content.readings)
        for grain_ms in sorted({one.grain_ms for one in content.means}):
            if grain_ms not in SUFFIXES:
                raise TransferRefused("grain", series=f"{key.group}/{key.device}/{key.point}", grain_ms=grain_ms)
            spans = [_span(one) for one in content.means if one.grain_ms == grain_ms]
            self._write(coarse_lines(place.measurement + SUFFIXES[grain_ms], tags, {place.field: spans}))
            self._note_means(Place(key.group, key.device, place.measurement, grain_ms), spans[-1].at_ms)

    def enter(self, books: Books, first_ms: Mapping[SeriesKey, int]) -> None:
        booked = [
            {"stream": name, "first": first, "last": last}
            for name, ranges in books.ledger.items()
            for first, last in ranges
        ]
        fates = {**books.fates, ("", THINNED): books.thinned}
        with writing(self._engine) as connection:
            for table in (stream, ledger, fate, newest):
                connection.execute(sa.delete(table))
            sources = [{"stream": name, "source": source} for name, source in books.sources.items()]
            upsert_all(connection, stream, sources)
            upsert_all(connection, ledger, booked)
            counted = [{"stream": name, "fate": what, "readings": amount} for (name, what), amount in fates.items()]
            upsert_all(connection, fate, [one for one in counted if one["readings"]])
            upsert_all(connection, newest, [_newest(key, one, first_ms) for key, one in books.newest.items()])

    def _write(self, lines: Iterable[str]) -> None:
        told = list(lines)
        for start in range(0, len(told), _LINES_AT_ONCE):
            self._server.write(joined(told[start : start + _LINES_AT_ONCE]))

    def _note_means(self, place: Place, last_ms: int) -> None:
        """Until when means stand there is how they are found."""
        until_ms = window_start(last_ms, DAY_MS) + DAY_MS
        if until_ms > self._progress.of(place).until_ms:
            self._progress.note(place, Progress(until_ms))


def _line(head: str, name: str, sample: Sample, *, is_float: bool) -> str:
    value = float(sample.value) if is_float and isinstance(sample.value, int) else sample.value
    return f"{head} {field_texts(name, value, sample.quality)} {sample.measured_ms}"


def _span(one: WindowMeans) -> Span:
    return Span(one.at_ms, one.good, one.total, one.lowest, one.highest)


def _newest(key: SeriesKey, one: Sample, first_ms: Mapping[SeriesKey, int]) -> dict[str, object]:
    return {
        "group_id": key.group,
        "device": key.device,
        "point": key.point,
        "first_ms": min(first_ms.get(key, one.measured_ms), one.measured_ms),
        "ms": one.measured_ms,
        "sample": {"value": one.value, "quality": int(one.quality)},
    }
