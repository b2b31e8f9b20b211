"""Tables of the embedded time-series store.

`sample` holds landing rows with the row of the stream they came in, so that every figure can be traced and a reading
stored twice can be counted. `shift_ms` tells by how much a reading was moved because its moment was taken.
"""

from __future__ import annotations

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, grp TEXT NOT NULL, device TEXT NOT NULL, "
    "point TEXT NOT NULL, is_bool INTEGER NOT NULL, UNIQUE(grp, device, point))",
    "CREATE TABLE IF NOT EXISTS stream(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, source TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS sample(series INTEGER NOT NULL, ms INTEGER NOT NULL, value, "
    "quality INTEGER NOT NULL, stream INTEGER NOT NULL, spool INTEGER NOT NULL, shift_ms INTEGER NOT NULL, "
    "PRIMARY KEY(series, ms)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS last(series INTEGER PRIMARY KEY, ms INTEGER NOT NULL, value, "
    "quality INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS ledger(stream INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
    "PRIMARY KEY(stream, first)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS fate(stream INTEGER NOT NULL, fate TEXT NOT NULL, readings INTEGER NOT NULL, "
    "PRIMARY KEY(stream, fate)) WITHOUT ROWID",
)

INSERT_SAMPLE = "INSERT INTO sample VALUES(?, ?, ?, ?, ?, ?, ?)"

KEEP_NEWEST = (
    "INSERT INTO last VALUES(?, ?, ?, ?) ON CONFLICT(series) DO UPDATE SET "
    "ms = excluded.ms, value = excluded.value, quality = excluded.quality WHERE excluded.ms >= last.ms"
)

ADD_FATE = (
    "INSERT INTO fate VALUES(?, ?, ?) ON CONFLICT(stream, fate) DO UPDATE SET readings = readings + excluded.readings"
)

COUNT_DUPLICATES = (
    "SELECT coalesce(sum(times - 1), 0) FROM (SELECT count(*) AS times FROM sample WHERE spool > 0 "
    "GROUP BY series, ms - shift_ms, stream, spool HAVING times > 1)"
)

AGGREGATES = {
    "mean": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "sum": "sum(value)",
    "count": "count(value)",
}
