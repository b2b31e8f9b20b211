"""The file of an outbox: opened even on a full disk, changed in whole transactions, its rows kept within the caps."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

from edge_agent.delivery import books
from edge_agent.delivery.dictionaries import Dictionaries
from edge_agent.delivery.gaps import Gaps
from edge_agent.delivery.rows import Caps, Kind, NewRow
from edge_agent.delivery.schema import build
from foundation.ballast import Ballast
from foundation.disk import Disk, is_out_of_room, transaction

DROPPED_AT_ONCE = 64
ROW_BYTES = 64
"""At most what a row takes beside its body."""
T = TypeVar("T")


class OutboxFile:
    """Open with the path; a new file starts the stream `stream`.

    `lock` is held by whoever reads or changes; `change` and `insist` take it themselves. Methods that say so belong
    into the work of these two.
    """

    def __init__(self, path: Path, disk: Disk, stream: str, caps: Caps, ballast_bytes: int) -> None:
        self.lock = threading.Lock()
        self._ballast = Ballast(path.with_name(f"{path.name}.ballast"), ballast_bytes)
        self.database = self._open(path, disk)
        build(self.database, stream)
        self.bodies = Dictionaries(self.database)
        self.gaps = Gaps()
        self._caps = caps
        self.rows, self._others = 0, 0
        self._recount()
        # What an earlier process sent is not known: all of it may have been.
        self._sent_through = self.last_spool()
        self._ballast.restore()

    def _open(self, path: Path, disk: Disk) -> sqlite3.Connection:
        """Even opening needs some room: on a full disk that of the ballast."""
        try:
            return disk.open_database(path)
        except sqlite3.OperationalError as error:
            if not is_out_of_room(error):
                raise
        self._ballast.release()
        return disk.open_database(path)

    def change(self, work: Callable[[], T]) -> T:
        """Do `work` in one transaction."""
        with self.lock:
            return self._once(work)

    def insist(self, work: Callable[[], T]) -> T:
        """As `change`; on a full disk with the room of the ballast."""
        with self.lock:
            try:
                return self._once(work)
            except sqlite3.OperationalError as error:
                if not is_out_of_room(error):
                    raise
            self._ballast.release()
            self._write_back()
            try:
                return self._once(work)
            finally:
                self._write_back()
                self._ballast.restore()

    def _once(self, work: Callable[[], T]) -> T:
        """One transaction; after a rollback what is known of the file is as before."""
        rows = self.rows
        try:
            with transaction(self.database):
                return work()
        except BaseException:
            self.rows = rows
            self.bodies.forget()
            raise

    def _write_back(self) -> None:
        """Empty SQLite's log into the file, as far as the disk allows."""
        with contextlib.suppress(sqlite3.OperationalError):
            self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def keep_ballast(self) -> bool:
        """Take the ballast again when there is room for it."""
        with self.lock:
            return self._ballast.restore()

    def insert(self, rows: Sequence[NewRow], now_ms: int) -> None:
        """Add rows and drop what is too much then; within a transaction."""
        self.database.executemany(
            "INSERT INTO row(kind, device, readings, put_ms, body) VALUES(?, ?, ?, ?, ?)",
            [self._as_stored(row, now_ms) for row in rows],
        )
        books.count_accepted(self.database, rows)
        self.rows += len(rows)
        if self.rows > self._caps.rows or self._version() != self._others:
            self._recount()
        self._make_room(self._caps, "full")

    def _as_stored(self, row: NewRow, now_ms: int) -> tuple[int, str, int, int, bytes]:
        if row.rank is Kind.HISTORY:
            body = self.bodies.pack_alone(row.body, now_ms)
        else:
            body = self.bodies.pack(row.device, row.body, now_ms)
        return int(row.rank), self.bodies.short_name(row.device, body), row.readings, now_ms, body

    def make_room_for(self, rows: Sequence[NewRow]) -> None:
        """Drop as much as these rows will take on a disk that is full; within a transaction."""
        wanted = self.used_bytes() - sum(len(row.body) + ROW_BYTES for row in rows)
        self._make_room(Caps(self._caps.rows, min(wanted, self._caps.used_bytes)), "disk full")

    def _make_room(self, caps: Caps, reason: str) -> None:
        """Drop the oldest rows of the least kind until the caps hold."""
        while True:
            surplus = self.rows - caps.rows
            if surplus <= 0 and self.used_bytes() > caps.used_bytes:
                surplus = DROPPED_AT_ONCE
            if surplus <= 0 or not (spools := books.lowest(self.database, surplus, no_readings_to=self.gaps.skip(0))):
                return
            self.drop(spools, reason)

    def drop(self, spools: Collection[int], reason: str) -> None:
        """Give up these rows, counted under `reason`; within a transaction."""
        self.rows -= books.drop(self.database, spools, reason, sent_through=self._sent_through)

    def free(self, first: int, last: int) -> None:
        """Delete the rows of these numbers, which the host has stored; within a transaction."""
        self.rows -= self.database.execute("DELETE FROM row WHERE spool BETWEEN ? AND ?", (first, last)).rowcount
        books.acknowledge_late(self.database, first, last)

    def may_be_sent(self, through: int) -> None:
        """Rows up to this number were given out: one dropped from now on may be stored as well."""
        self._sent_through = max(self._sent_through, through)

    def used_bytes(self) -> int:
        pages, free, size = (
            int(self.database.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def last_spool(self) -> int:
        """The highest number given so far; 0 when none was."""
        found = self.database.execute("SELECT seq FROM sqlite_sequence WHERE name='row'").fetchone()
        return int(found[0]) if found else 0

    def _recount(self) -> None:
        self.rows = int(self.database.execute("SELECT count(*) FROM row").fetchone()[0])
        self._others = self._version()

    def _version(self) -> int:
        """Changes when another connection (an import) has written."""
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])
