"""Copies of the outbox: taken while the agent runs, brought back as a stream of its own."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from edge_agent.delivery.generation import renew
from edge_agent.delivery.schema import build
from foundation.clock import Clock
from foundation.damage import fault_of, move_aside
from foundation.disk import Disk, transaction
from foundation.errors import ConfigError
from foundation.rng import Rng


def back_up(outbox: Path, copy: Path) -> int:
    """A whole copy of a live outbox, in the new file `copy`; how many bytes. ConfigError when there is none to copy."""
    if not outbox.exists():
        raise ConfigError(outbox, "file", "there is no outbox to copy")
    if copy.exists():
        raise ConfigError(copy, "file", "exists already; nothing is overwritten")
    try:
        with closing(sqlite3.connect(outbox, timeout=30, isolation_level=None)) as database:
            database.execute("VACUUM INTO ?", (str(copy),))
    except sqlite3.Error as error:
        copy.unlink(missing_ok=True)
        raise ConfigError(outbox, "file", str(error)) from error
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    return copy.stat().st_size


def restore(copy: Path, outbox: Path, *, disk: Disk, clock: Clock, rng: Rng) -> int:
    """Put a copy in the place of the outbox, as a new stream; how many rows it holds.

    The file that was there is kept beside it. No agent may be running. A copy that is damaged raises ConfigError.
    """
    if not copy.is_file() or copy.stat().st_size == 0:
        raise ConfigError(copy, "file", "there is no such copy")
    fault = fault_of(copy)
    if fault is not None:
        raise ConfigError(copy, "file", f"the copy is damaged: {fault}")
    outbox.parent.mkdir(parents=True, exist_ok=True)
    fresh = outbox.with_name(f"{outbox.name}.restored")
    fresh.unlink(missing_ok=True)
    with closing(sqlite3.connect(copy, isolation_level=None)) as source:
        source.execute("VACUUM INTO ?", (str(fresh),))
    with closing(disk.open_database(fresh)) as database:
        try:
            build(database, rng.uuid())
            with transaction(database):
                renew(database, rng.uuid())
            rows = int(database.execute("SELECT count(*) FROM row").fetchone()[0])
        except sqlite3.Error as error:
            raise ConfigError(copy, "file", f"is no outbox: {error}") from error
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if outbox.exists():
        move_aside(outbox, "replaced", clock.now_ms())
    fresh.rename(outbox)
    return rows
