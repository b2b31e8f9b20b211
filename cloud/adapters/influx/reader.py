"""The reading half of the InfluxDB store: samples and windows by InfluxQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cloud.adapters.influx.coarse import PARTS, SUFFIXES, Span
from cloud.adapters.influx.lines import BAD, QUALITY
from cloud.adapters.influx.server import InfluxServer, Series
from cloud.core.series import Aggregate, Sample, SeriesKey, window_offset_ms
from device_profiles.measurements import TAGS, store_field
from gateway.messages import Quality, Value

_EARLIEST_MS, _LATEST_MS = 0, 4_102_444_800_000
"""1970 to 2100: beyond it InfluxDB's nanoseconds run out."""

FieldTypes = Mapping[tuple[str, str], str]


class InfluxReader:
    """Samples of series; `types` tells whole numbers from floats, which JSON does not."""

    def __init__(self, server: InfluxServer) -> None:
        self._server = server

    def samples(self, key: SeriesKey, start_ms: int, end_ms: int, types: FieldTypes) -> list[Sample]:
        return self._samples(key, start_ms, end_ms, types)

    def first(self, key: SeriesKey, start_ms: int, end_ms: int, types: FieldTypes) -> Sample | None:
        """The earliest sample with start <= time < end."""
        return next(iter(self._samples(key, start_ms, end_ms, types, "LIMIT 1")), None)

    def _samples(self, key: SeriesKey, start_ms: int, end_ms: int, types: FieldTypes, limit: str = "") -> list[Sample]:
        place = store_field(key.point)
        columns = (place.field, place.field + QUALITY, place.field + BAD)
        text = f"SELECT {', '.join(map(quoted, columns))} {_source(key, start_ms, end_ms)} ORDER BY time {limit}"
        kind = types.get((place.measurement, place.field), "")
        rows = [row for series in self._server.query(text) for row in series.values]
        return [_sample(row, kind) for row in rows]

    def windows(
        self, key: SeriesKey, start_ms: int, end_ms: int, window_ms: int, aggregate: Aggregate, types: FieldTypes
    ) -> list[Sample]:
        place = store_field(key.point)
        source, offset = _source(key, start_ms, end_ms), -window_offset_ms(window_ms)
        text = f"SELECT {aggregate}({quoted(place.field)}) {source} GROUP BY time({window_ms}ms,{offset}ms) fill(none)"
        kind = types.get((place.measurement, place.field), "")
        kind = {"mean": "float", "count": "int"}.get(aggregate, kind)
        rows = [row for series in self._server.query(text) for row in series.values]
        return [Sample(row[0], _typed(row[1], kind)) for row in rows if row[1] is not None]

    def stored(self) -> int:
        """Readings in the bucket: one for each value field and each quality field; means are none."""
        found = self._server.query("SELECT count(*) FROM /.*/")
        return sum(_counted(series) for series in found if not series.name.endswith(tuple(SUFFIXES.values())))

    def others(self, source: str, fields: Collection[str]) -> set[int]:
        """Moments at which anything else than these fields stands."""
        found: set[int] = set()
        mine = {name + ending for name in fields for ending in ("", QUALITY, BAD)} | TAGS
        for series in self._server.query(f"SELECT * {source}"):
            foreign = [place for place, name in enumerate(series.columns) if place and name not in mine]
            found |= {row[0] for row in series.values if any(row[place] is not None for place in foreign)}
        return found

    def spans(self, key: SeriesKey, start_ms: int, end_ms: int, grain_ms: int) -> list[Span]:
        """Means of that grain with start <= window < end."""
        place = store_field(key.point)
        source = device_source(key.group, key.device, place.measurement + SUFFIXES[grain_ms], start_ms, end_ms)
        columns = ", ".join(quoted(place.field + part) for part in PARTS)
        found = self._server.query(f"SELECT {columns} {source} ORDER BY time")
        return [Span(*row) for series in found for row in series.values if row[1]]


def quoted(name: str) -> str:
    """An identifier of InfluxQL."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """A string of InfluxQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def device_source(group: str, device: str, measurement: str, start_ms: int, end_ms: int) -> str:
    """From where of InfluxQL: the lines of a device in a measurement with start <= time < end."""
    start_ms, end_ms = max(start_ms, _EARLIEST_MS), min(end_ms, _LATEST_MS)
    return (
        f"FROM {quoted(measurement)} WHERE {quoted('group')} = {literal(group)} "
        f"AND {quoted('device')} = {literal(device)} AND time >= {start_ms}ms AND time < {end_ms}ms"
    )


def _source(key: SeriesKey, start_ms: int, end_ms: int) -> str:
    return device_source(key.group, key.device, store_field(key.point).measurement, start_ms, end_ms)


def _sample(row: list[Any], kind: str) -> Sample:
    at_ms, value, quality, bad = row
    if value is not None:
        return Sample(at_ms, _typed(value, kind))
    return Sample(at_ms, _typed(bad, kind), Quality(quality))


def _typed(value: Any, kind: str) -> Value:
    typed: Value = float(value) if kind == "float" and value is not None else value
    return typed


def _counted(series: Series) -> int:
    counts = dict(zip(series.columns[1:], series.values[0][1:], strict=True))
    return sum(count or 0 for name, count in counts.items() if not name.endswith(BAD))
