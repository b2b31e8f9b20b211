"""The durable queue of the edge: a row leaves it only when the cloud says that it is stored, or is counted as dropped.

One SQLite file (WAL, synchronous=FULL). The file has a stream id of its own, so that row numbers never mean two things.
Methods block for the disk; call them in a thread. One instance may be used from several threads.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from foundation.disk import Disk, transaction
from foundation.rng import Rng
from gateway.sparkplug.sequence import next_bdseq
from gateway.stream import RangeSet

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # AUTOINCREMENT: a number is never given twice, not even after the newest row was deleted.
    "CREATE TABLE IF NOT EXISTS row(spool INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, "
    "device TEXT NOT NULL, readings INTEGER NOT NULL, put_ms INTEGER NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS row_by_lane ON row(lane, spool)",
    "CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS stamp(device TEXT PRIMARY KEY, last_ms INTEGER NOT NULL) WITHOUT ROWID",
    # Rows dropped although they had been sent: an acknowledgement that comes late takes them back out of the count.
    "CREATE TABLE IF NOT EXISTS dropped(spool INTEGER PRIMARY KEY, readings INTEGER NOT NULL, reason TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS imported(digest TEXT PRIMARY KEY, name TEXT, lines INTEGER NOT NULL) WITHOUT ROWID",
)
_COUNT = "INSERT INTO counter VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET amount = amount + excluded.amount"


class Lane(IntEnum):
    """LIVE rows go first; HISTORY rows are marked is_historical when they are made."""

    LIVE = 0
    HISTORY = 1


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to put: `readings` is how many measured values its body holds."""

    device: str
    body: bytes
    readings: int
    lane: Lane = Lane.LIVE


@dataclass(frozen=True, slots=True)
class StoredRow:
    spool: int
    device: str
    put_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Readings ever accepted and dropped (durable counters), and what waits now (counted from the rows).

    `history_rows` are those of `rows` that an import brought.
    """

    stream: str
    acquired: int
    dropped: Mapping[str, int]
    rows: int
    readings: int
    history_rows: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows that wait, the bytes in use, since when the oldest waits, and readings dropped ever."""

    rows: int
    used_bytes: int
    oldest_ms: int | None
    dropped: int


class Outbox:
    """Open with the path of its file; a new file starts a new stream."""

    def __init__(self, path: Path, *, disk: Disk, rng: Rng, max_rows: int) -> None:
        self._lock = threading.Lock()
        self._database = disk.open_database(path)
        self._max_rows = max_rows
        with transaction(self._database):
            for statement in _SCHEMA:
                self._database.execute(statement)
            self._database.execute("INSERT OR IGNORE INTO meta VALUES('stream', ?)", (rng.uuid(),))
        self.stream: str = self._database.execute("SELECT value FROM meta WHERE key='stream'").fetchone()[0]
        self._recount()
        # What an earlier process sent is not known: all of it may have been.
        self._sent_through = self.last_spool()

    def _recount(self) -> None:
        self._rows: int = self._database.execute("SELECT count(*) FROM row").fetchone()[0]
        self._others = self._version()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction under the lock; after a rollback the rows are counted anew."""
        with self._lock:
            try:
                with transaction(self._database):
                    yield
            except BaseException:
                self._recount()
                raise

    def _version(self) -> int:
        """Changes when another connection (an import) has written."""
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    def put(self, rows: Sequence[NewRow], *, now_ms: int, stamps: Mapping[str, int] | None = None) -> None:
        """Accept rows in one durable commit; `stamps` are the newest measured times by device."""
        with self._changing():
            self._insert(rows, now_ms)
            self._database.executemany(
                "INSERT INTO stamp VALUES(?, ?) ON CONFLICT(device) DO UPDATE SET last_ms = excluded.last_ms",
                list((stamps or {}).items()),
            )

    def put_imported(self, rows: Sequence[NewRow], *, now_ms: int, digest: str, name: str, lines: int) -> None:
        """Accept rows of a history file together with how far that file is read."""
        with self._changing():
            self._insert(rows, now_ms)
            self._database.execute("INSERT OR REPLACE INTO imported VALUES(?, ?, ?)", (digest, name, lines))

    def imported_lines(self, digest: str) -> int:
        """Lines of the file with this digest that are in the outbox's stream already."""
        with self._lock:
            found = self._database.execute("SELECT lines FROM imported WHERE digest=?", (digest,)).fetchone()
        return int(found[0]) if found else 0

    def _insert(self, rows: Sequence[NewRow], now_ms: int) -> None:
        self._database.executemany(
            "INSERT INTO row(lane, device, readings, put_ms, body) VALUES(?, ?, ?, ?, ?)",
            [(row.lane, row.device, row.readings, now_ms, row.body) for row in rows],
        )
        self._database.execute(_COUNT, ("acquired", sum(row.readings for row in rows)))
        self._rows += len(rows)
        if self._rows > self._max_rows or self._version() != self._others:
            self._recount()
        surplus = self._rows - self._max_rows
        if surplus > 0:
            oldest = self._database.execute("SELECT spool FROM row ORDER BY spool LIMIT ?", (surplus,)).fetchall()
            self._drop([spool for (spool,) in oldest], "full")

    def drop(self, spools: Collection[int], reason: str) -> None:
        """Give up these rows, counted under `reason`."""
        with self._changing():
            self._drop(spools, reason)

    def _drop(self, spools: Collection[int], reason: str) -> None:
        for spool in spools:
            gone = self._database.execute("DELETE FROM row WHERE spool=? RETURNING readings", (spool,)).fetchone()
            if gone is None:
                continue
            readings = int(gone[0])
            if spool <= self._sent_through:
                self._database.execute("INSERT INTO dropped VALUES(?, ?, ?)", (spool, readings, reason))
            self._database.execute(_COUNT, (f"dropped:{reason}", readings))
            self._rows -= 1

    def rows_after(self, lane: Lane, spool: int, *, until: int | None = None, limit: int) -> list[StoredRow]:
        """Rows of a lane numbered above `spool` and at most `until`, lowest first."""
        with self._lock:
            found = self._database.execute(
                "SELECT spool, device, put_ms, body FROM row "
                "WHERE lane=? AND spool>? AND spool<=? ORDER BY spool LIMIT ?",
                (lane, spool, 2**62 if until is None else until, limit),
            ).fetchall()
            # Whoever asks may send them: a row dropped from now on may be stored as well.
            self._sent_through = max(self._sent_through, found[-1][0] if found else 0)
        return [StoredRow(*one) for one in found]

    def rows(self, spools: Collection[int]) -> list[StoredRow]:
        """The rows of these numbers that are still here."""
        with self._lock:
            found = [
                self._database.execute("SELECT spool, device, put_ms, body FROM row WHERE spool=?", (spool,)).fetchone()
                for spool in sorted(spools)
            ]
        return [StoredRow(*one) for one in found if one is not None]

    def last_spool(self) -> int:
        """The highest number given so far; 0 when none was."""
        with self._lock:
            found = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name='row'").fetchone()
        return int(found[0]) if found else 0

    def free(self, acknowledged: Iterable[tuple[int, int]]) -> None:
        """Delete exactly the rows that the host has stored."""
        with self._changing():
            for first, last in acknowledged:
                gone = self._database.execute("DELETE FROM row WHERE spool BETWEEN ? AND ?", (first, last)).rowcount
                self._rows -= gone
                late = self._database.execute(
                    "DELETE FROM dropped WHERE spool BETWEEN ? AND ? RETURNING readings, reason", (first, last)
                ).fetchall()
                for readings, reason in late:
                    self._database.execute(_COUNT, (f"dropped:{reason}", -readings))

    def stamps(self) -> dict[str, int]:
        """Newest measured time by device, over restarts."""
        with self._lock:
            return dict(self._database.execute("SELECT device, last_ms FROM stamp").fetchall())

    def next_bdseq(self) -> int:
        """The bdSeq of the next CONNECT, persisted before it is given out."""
        with self._lock, transaction(self._database):
            found = self._database.execute("SELECT value FROM meta WHERE key='bdseq'").fetchone()
            number = next_bdseq(int(found[0]) if found else None)
            self._database.execute("INSERT OR REPLACE INTO meta VALUES('bdseq', ?)", (number,))
        return number

    def note(self, key: str, value: str) -> None:
        """Leave a remark for whoever reads the file from outside, such as `polling`."""
        with self._lock, transaction(self._database):
            self._database.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (f"note:{key}", value))

    def notes(self) -> dict[str, str]:
        with self._lock:
            found = self._database.execute("SELECT key, value FROM meta WHERE key LIKE 'note:%'").fetchall()
        return {key.removeprefix("note:"): value for key, value in found}

    def counts(self) -> OutboxCounts:
        with self._lock:
            counters = dict(self._database.execute("SELECT name, amount FROM counter").fetchall())
            rows, readings, history = self._database.execute(
                "SELECT count(*), coalesce(sum(readings), 0), coalesce(sum(lane = ?), 0) FROM row", (Lane.HISTORY,)
            ).fetchone()
        dropped = {k.removeprefix("dropped:"): v for k, v in counters.items() if k.startswith("dropped:")}
        return OutboxCounts(self.stream, counters.get("acquired", 0), dropped, rows, readings, history)

    def backlog(self) -> Backlog:
        """What waits, told without a look at every row."""
        with self._lock:
            oldest = self._database.execute("SELECT put_ms FROM row ORDER BY spool LIMIT 1").fetchone()
            pages, free, size = (
                int(self._database.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
            dropped = self._database.execute(
                "SELECT coalesce(sum(amount), 0) FROM counter WHERE name LIKE 'dropped:%'"
            ).fetchone()[0]
            return Backlog(self._rows, (pages - free) * size, oldest[0] if oldest else None, int(dropped))

    def pending(self, stored: RangeSet) -> int:
        """Readings of rows that `stored`, the cloud's ledger of this stream, lacks."""
        with self._lock:
            found = self._database.execute("SELECT spool, readings FROM row").fetchall()
        return sum(readings for spool, readings in found if spool not in stored)

    def close(self) -> None:
        with self._lock:
            self._database.close()
