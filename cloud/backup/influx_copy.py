"""InfluxDB in an archive: its points as line protocol, one member for each measurement, read with portable InfluxQL.

Points are read after the view of the ledger began, so that every booked row has its points in the archive. What was
stored since then is left out by the newest moment that the ledger knows of each series; a late row of those minutes
may be among the points, and overwrites itself when it comes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from cloud.adapters.influx.lines import BAD, QUALITY, escape, field_text, prefix
from cloud.adapters.influx.reader import literal, quoted
from cloud.adapters.influx.server import InfluxServer
from cloud.adapters.influx.tables import newest
from cloud.adapters.stores import influx_server
from cloud.backup.archive import Archive, ArchiveWriter
from cloud.settings import StoreSettings
from device_profiles.measurements import store_field

RAW = "raw"
PARTS = (RAW, "15m")
"""Buckets that go into an archive; events come again from the event log."""
_FOLDER, _END = "series/", ".lp"
_ROWS_AT_ONCE, _LINES_AT_ONCE = 5_000, 5_000
_LATEST_MS = 4_102_444_800_000

Reaches = Mapping[tuple[str, str, str, str], int]
"""Group, device, measurement and field -> newest moment that the ledger knows, ms."""


@dataclass(frozen=True, slots=True)
class _Series:
    measurement: str
    tags: dict[str, str]
    first_ms: int


def add_all_points(archive: ArchiveWriter, store: StoreSettings, connection: sa.Connection) -> None:
    """Add the readings as far as the view of the ledger reaches, and the figures of the boards."""
    reaches = _reaches_of(connection)
    for part in PARTS:
        _add_points(archive, influx_server(store, part), part, reaches if part == RAW else None)


def write_all_points(archive: Archive, store: StoreSettings) -> None:
    """Write every point of the archive; the same again overwrites itself."""
    for part in PARTS:
        _write_points(archive, influx_server(store, part), part)


def filled_bucket(store: StoreSettings) -> str | None:
    """The name of a bucket in which points are."""
    for part in PARTS:
        server = influx_server(store, part)
        if any(True for measurement in _measurements(server) for _ in _series(server, measurement, [])):
            return f"{store.url} {store.bucket}_{part}"
    return None


def _reaches_of(connection: sa.Connection) -> Reaches:
    """How far every series reaches, as the view of the ledger has it."""
    found = {}
    for row in connection.execute(sa.select(newest)):
        place = store_field(row.point)
        found[row.group_id, row.device, place.measurement, place.field] = int(row.ms)
    return found


def _add_points(archive: ArchiveWriter, server: InfluxServer, part: str, reaches: Reaches | None) -> None:
    """Add all points of a bucket; with `reaches` only what they reach."""
    for measurement in _measurements(server):
        archive.add(f"{_FOLDER}{part}/{quote(measurement, safe='')}{_END}", _lines(server, measurement, reaches))


def _write_points(archive: Archive, server: InfluxServer, part: str) -> None:
    for name in archive.names(f"{_FOLDER}{part}/"):
        batch: list[bytes] = []
        with archive.open(name) as lines:
            for line in lines:
                batch.append(line)
                if len(batch) == _LINES_AT_ONCE:
                    server.write(b"".join(batch))
                    batch.clear()
        if batch:
            server.write(b"".join(batch))


def _measurements(server: InfluxServer) -> list[str]:
    return sorted(str(row[0]) for one in server.query("SHOW MEASUREMENTS") for row in one.values)


def _lines(server: InfluxServer, measurement: str, reaches: Reaches | None) -> Iterator[bytes]:
    kinds = _kinds(server, measurement)
    tags = [str(row[0]) for one in server.query(f"SHOW TAG KEYS FROM {quoted(measurement)}") for row in one.values]
    for series in _series(server, measurement, tags):
        lasts = {name: _last_ms(series, name, reaches) for name in kinds}
        for rows in _pages(server, series, kinds):
            yield b"".join(_points(series, kinds, lasts, rows))


def _kinds(server: InfluxServer, measurement: str) -> dict[str, str]:
    """Type of every field: JSON does not tell a whole number from a float."""
    answer = server.query(f"SHOW FIELD KEYS FROM {quoted(measurement)}")
    return {str(row[0]): str(row[1]) for one in answer for row in one.values}


def _series(server: InfluxServer, measurement: str, tags: list[str]) -> Iterator[_Series]:
    """Every series of a measurement by its tags, with its first moment."""
    text = f"SELECT * FROM {quoted(measurement)} GROUP BY * ORDER BY time LIMIT 1"  # noqa: S608 (quoted)
    for one in server.query(text):
        if one.values:
            yield _Series(measurement, {name: one.tags.get(name, "") for name in tags}, int(one.values[0][0]))


def _pages(server: InfluxServer, series: _Series, kinds: Mapping[str, str]) -> Iterator[list[list[Any]]]:
    fields = ", ".join(f"{quoted(name)}" for name in kinds)
    where = "".join(f" AND {quoted(name)} = {literal(value)}" for name, value in series.tags.items())
    start_ms = series.first_ms
    while True:
        span = f"time >= {start_ms}ms AND time < {_LATEST_MS}ms{where}"
        source = f"FROM {quoted(series.measurement)} WHERE {span}"
        text = f"SELECT {fields} {source} ORDER BY time LIMIT {_ROWS_AT_ONCE}"
        rows = [row for one in server.query(text) for row in one.values]
        if rows:
            yield rows
            start_ms = int(rows[-1][0]) + 1
        if len(rows) < _ROWS_AT_ONCE:
            return


def _points(
    series: _Series, kinds: Mapping[str, str], lasts: Mapping[str, int], rows: list[list[Any]]
) -> Iterator[bytes]:
    head = prefix(series.measurement, series.tags)
    for at_ms, *values in rows:
        written = [
            f"{escape(name)}={_value(value, kind)}"
            for (name, kind), value in zip(kinds.items(), values, strict=True)
            if value is not None and at_ms <= lasts[name]
        ]
        if written:
            yield f"{head} {','.join(written)} {at_ms}\n".encode()


def _value(value: Any, kind: str) -> str:
    return field_text(float(value) if kind == "float" else value)


def _last_ms(series: _Series, name: str, reaches: Reaches | None) -> int:
    if reaches is None:
        return _LATEST_MS
    group, device = series.tags.get("group", ""), series.tags.get("device", "")
    bare = (name, name.removesuffix(QUALITY), name.removesuffix(BAD))
    return max(reaches.get((group, device, series.measurement, one), -1) for one in bare)
