"""The embedded time-series store in an archive: its file at one moment, copied by SQLite while others write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.sql.database import snapshot
from cloud.backup.archive import Archive, ArchiveWriter
from cloud.backup.refusal import BackupRefused
from foundation.damage import fault_of
from foundation.disk import SystemDisk

MEMBER = "series/series.db"
_BUSY_S = 30


@contextmanager
def one_moment(engine: sa.Engine, series: Path | None) -> Iterator[tuple[sa.Connection, sqlite3.Connection | None]]:
    """A view of the relational database and one of the store's file, between which no row was stored.

    Rows wait for the milliseconds in which both views begin. So every row that the ledger holds has its events in the
    one, and every booked interval its readings in the other.
    """
    with ExitStack() as stack:
        if series is None or not series.exists():
            yield stack.enter_context(snapshot(engine)), None
            return
        writer = stack.enter_context(closing(_connect(series)))
        reader = stack.enter_context(closing(_connect(series)))
        writer.execute("BEGIN IMMEDIATE")
        connection = stack.enter_context(snapshot(engine))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        writer.execute("ROLLBACK")
        yield connection, reader


def add_file(archive: ArchiveWriter, reader: sqlite3.Connection, folder: Path) -> None:
    """Add the file as `reader` sees it; `folder` takes a copy of it meanwhile."""
    copy = folder / ".series.part"
    copy.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(copy)) as target:
            copy.chmod(0o600)
            reader.backup(target)
        archive.add_file(MEMBER, copy)
    finally:
        copy.unlink(missing_ok=True)


def place_file(archive: Archive, series: Path) -> None:
    """Put the file of the archive in its place, found whole by SQLite and opened once by the store itself."""
    fresh = series.with_name(f"{series.name}.restoring")
    series.parent.mkdir(parents=True, exist_ok=True)
    archive.unpack(MEMBER, fresh)
    fault = fault_of(fresh)
    if fault is not None:
        raise BackupRefused("damaged", archive=archive.name, member=MEMBER, reason=fault)
    fresh.rename(series)
    EmbeddedStore(series, SystemDisk()).close()


def remove_file(series: Path) -> None:
    """Take away what a restore that was broken off has left."""
    for end in ("", "-wal", "-shm", ".restoring", ".restoring-wal", ".restoring-shm"):
        series.with_name(series.name + end).unlink(missing_ok=True)


def _connect(series: Path) -> sqlite3.Connection:
    return sqlite3.connect(series, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
