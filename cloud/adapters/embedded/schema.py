"""Tables of the embedded time-series store.

`sample` holds landing rows with the row of the stream they came in, so that every figure can be traced and a reading
stored twice can be counted. `shift_ms` tells by how much a reading was moved because its moment was taken. `block`
holds the figures of a local day of a series, `packed` what is kept of the day itself, `tally` what is counted as
blocks change.
"""

from __future__ import annotations

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS series(id INTEGER PRIMARY KEY, grp TEXT NOT NULL, device TEXT NOT NULL, "
    "point TEXT NOT NULL, is_bool INTEGER NOT NULL, UNIQUE(grp, device, point))",
    "CREATE TABLE IF NOT EXISTS stream(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, source TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS sample(series INTEGER NOT NULL, ms INTEGER NOT NULL, value, "
    "quality INTEGER NOT NULL, stream INTEGER NOT NULL, spool INTEGER NOT NULL, shift_ms INTEGER NOT NULL, "
    "PRIMARY KEY(series, ms)) WITHOUT ROWID",
    # Holds the moved readings alone, which are few: only one of these can be another one a second time.
    "CREATE INDEX IF NOT EXISTS moved ON sample(series, ms) WHERE shift_ms > 0",
    "CREATE TABLE IF NOT EXISTS last(series INTEGER PRIMARY KEY, ms INTEGER NOT NULL, value, "
    "quality INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS ledger(stream INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
    "PRIMARY KEY(stream, first)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS fate(stream INTEGER NOT NULL, fate TEXT NOT NULL, readings INTEGER NOT NULL, "
    "PRIMARY KEY(stream, fate)) WITHOUT ROWID",
    # `total` is a text where the sum of whole numbers is beyond 64 bits.
    "CREATE TABLE IF NOT EXISTS block(series INTEGER NOT NULL, day INTEGER NOT NULL, grain_ms INTEGER NOT NULL, "
    "readings INTEGER NOT NULL, thinned INTEGER NOT NULL, repeated INTEGER NOT NULL, good INTEGER NOT NULL, "
    "total, lowest, highest, first, last, PRIMARY KEY(series, day)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS packed(series INTEGER NOT NULL, day INTEGER NOT NULL, readings BLOB NOT NULL, "
    "trace BLOB NOT NULL, PRIMARY KEY(series, day)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tally(name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID",
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
    "SELECT coalesce(sum(moved + EXISTS(SELECT 1 FROM sample WHERE series = one AND ms = told AND shift_ms = 0 "
    "AND stream = via AND spool = place) - 1), 0) FROM (SELECT series AS one, ms - shift_ms AS told, stream AS via, "
    "spool AS place, count(*) AS moved FROM sample WHERE shift_ms > 0 AND spool > 0 "
    "GROUP BY series, ms - shift_ms, stream, spool)"
)
"""Landing rows that are another landing row a second time."""
