"""The tables of the outbox file, brought from an earlier form to the present one."""

from __future__ import annotations

import sqlite3

from foundation.disk import transaction

_STEPS = (
    (
        "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        # AUTOINCREMENT: a number is never given twice, not even after the newest row was deleted.
        "CREATE TABLE IF NOT EXISTS row(spool INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, "
        "device TEXT NOT NULL, readings INTEGER NOT NULL, put_ms INTEGER NOT NULL, body BLOB NOT NULL)",
        "CREATE INDEX IF NOT EXISTS row_by_lane ON row(lane, spool)",
        "CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS stamp(device TEXT PRIMARY KEY, last_ms INTEGER NOT NULL) WITHOUT ROWID",
        # Rows dropped although they had been sent: a late acknowledgement takes them back out of the count.
        "CREATE TABLE IF NOT EXISTS dropped("
        "spool INTEGER PRIMARY KEY, readings INTEGER NOT NULL, reason TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS imported(digest TEXT PRIMARY KEY, name TEXT, lines INTEGER NOT NULL) WITHOUT ROWID",
    ),
    (
        "ALTER TABLE row RENAME COLUMN lane TO kind",
        # Readings are nearly all rows and are found by their number.
        "DROP INDEX IF EXISTS row_by_lane",
        "CREATE INDEX row_by_kind ON row(kind, spool) WHERE kind <> 0",
        "ALTER TABLE dropped RENAME COLUMN readings TO amount",
        # What holds no readings may be a receipt: it is kept longest.
        "UPDATE row SET kind = 3 WHERE kind = 0 AND readings = 0",
        "UPDATE counter SET name = 'dropped:readings:' || substr(name, 9) WHERE name LIKE 'dropped:%'",
        "UPDATE dropped SET reason = 'readings:' || reason",
        "ALTER TABLE imported ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
        "CREATE TABLE hour(number INTEGER PRIMARY KEY, last_spool INTEGER NOT NULL)",
        # Bodies are packed with what earlier ones of the device looked like.
        "CREATE TABLE dictionary(id INTEGER PRIMARY KEY, device TEXT NOT NULL, content BLOB NOT NULL)",
    ),
)


def build(database: sqlite3.Connection, stream: str) -> None:
    """Make or upgrade the tables; a new file gets the stream id `stream`."""
    with transaction(database):
        form = int(database.execute("PRAGMA user_version").fetchone()[0])
        for step in _STEPS[form:]:
            for statement in step:
                database.execute(statement)
        if form < len(_STEPS):
            database.execute(f"PRAGMA user_version = {len(_STEPS)}")
        database.execute("INSERT OR IGNORE INTO meta VALUES('stream', ?)", (stream,))
