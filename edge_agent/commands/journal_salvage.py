"""Brings what a damaged command journal still tells into its successor, so that what it held is still given back.

Only what is whole in form is taken: issuers' counters, entries and what we hold, the hand at the panel, commands
without an end and receipts that wait. A replay of what is forgotten is refused all the same: its nonce is that of
another session.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from edge_agent.commands.journal import Journal
from foundation.clock import Clock
from foundation.damage import damaged_files, open_damaged, readable
from foundation.disk import Disk, transaction
from foundation.errors import ContractError
from gateway.envelope import decode_command
from gateway.sparkplug.vocabulary import read_receipt

log = logging.getLogger(__name__)

_WANTED = {
    "issuer": "1",
    "entry": "1",
    "held": "1",
    "own_change": "1",
    "override": "1",
    "command": "state <> 'closed'",
    "receipt": "is_handed_over = 0",
}
"""What is taken of each table."""
_TYPES: dict[str, type | tuple[type, ...]] = {"TEXT": str, "INTEGER": int, "REAL": (int, float), "BLOB": bytes}
_READ: dict[str, Callable[[Any], object]] = {"command": decode_command, "receipt": read_receipt}


def salvage_journal(path: Path, *, disk: Disk, clock: Clock) -> int:
    """Take over from every file that was set aside of the journal `path`, each once; how many rows."""
    files = damaged_files(path)
    if not files:
        return 0
    Journal(path, disk=disk, clock=clock).shut()
    taken = 0
    with closing(disk.open_database(path)) as database:
        database.execute("CREATE TABLE IF NOT EXISTS salvaged (name TEXT PRIMARY KEY)")
        for file in files:
            with transaction(database):
                is_new = database.execute("INSERT OR IGNORE INTO salvaged VALUES (?)", (file.name,)).rowcount
                if is_new:
                    taken += _take(file, database)
    return taken


def _take(file: Path, database: sqlite3.Connection) -> int:
    taken = 0
    with closing(open_damaged(file)) as damaged:
        for table, condition in _WANTED.items():
            columns = [
                (name, kind, bool(must))
                for _, name, kind, must, _, is_key in database.execute(f"PRAGMA table_info({table})").fetchall()
                if not (is_key and name == "place")
            ]
            names = ", ".join(name for name, _, _ in columns)
            # Names of tables and columns are those of our own schema.
            into = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
            for row in _rows(damaged, f"SELECT {names} FROM {table} WHERE {condition}"):  # noqa: S608
                if _is_whole(table, columns, row):
                    taken += database.execute(into, row).rowcount
    log.warning("%d rows were brought out of %s", taken, file.name)
    return taken


def _rows(damaged: sqlite3.Connection, select: str) -> list[tuple[Any, ...]]:
    """The readable rows by their order of entry."""
    table = select.partition(" FROM ")[2].split()[0]
    try:
        last = damaged.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0  # noqa: S608
    except sqlite3.Error:
        return []
    query = f"{select} AND rowid BETWEEN ? AND ? ORDER BY rowid"
    return list(readable(lambda low, high: damaged.execute(query, (low, high)).fetchall(), 1, last))


def _is_whole(table: str, columns: Sequence[tuple[str, str, bool]], row: tuple[Any, ...]) -> bool:
    """Every value has the type of its column, and a body can be read."""
    for (name, kind, must), value in zip(columns, row, strict=True):
        if value is None:
            if must:
                return False
            continue
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, float) and not math.isfinite(value)):
            return False
        if name == "body":
            try:
                _READ[table](value)
            except ContractError:
                return False
    return True
