"""The durable queue of the edge: a row leaves it only when the cloud says that it is stored, or is counted as dropped.

One SQLite file (WAL, synchronous=FULL). The file has a stream id of its own, so that row numbers never mean two things.
Methods block for the disk; call them in a thread. One instance may be used from several threads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from edge_agent.delivery import books
from edge_agent.delivery.books import LeftOut
from edge_agent.delivery.outbox_file import OutboxFile
from edge_agent.delivery.rows import CHOICE, LIVE_KINDS, Backlog, Caps, Kind, Lane, NewRow, OutboxCounts, StoredRow
from foundation.disk import Disk
from foundation.rng import Rng
from gateway.sparkplug.sequence import next_bdseq
from gateway.stream import RangeSet

__all__ = ["Backlog", "Caps", "Kind", "Lane", "NewRow", "Outbox", "OutboxCounts", "StoredRow"]

_PART = "SELECT spool, device, put_ms, body FROM row WHERE {} AND spool>?{} AND spool<=?2"
_IN_LANE = {
    Lane.HISTORY: _PART.format(CHOICE[Kind.HISTORY], 1) + " ORDER BY spool LIMIT ?3",
    # Each part comes in order from the table or the index; SQLite merges them without a sort.
    Lane.LIVE: " UNION ALL ".join(_PART.format(CHOICE[kind], 4 if kind is Kind.READINGS else 1) for kind in LIVE_KINDS)
    + " ORDER BY spool LIMIT ?3",
}


def _each(database: sqlite3.Connection, after: int) -> Iterator[tuple[int, str, int, bytes]]:
    """Live rows beyond number `after`, some at a time, so that many need little memory."""
    statement = "SELECT spool, device, put_ms, body FROM row WHERE spool>? AND kind<>? ORDER BY spool LIMIT 500"
    while found := database.execute(statement, (after, int(Kind.HISTORY))).fetchall():
        yield from found
        after = found[-1][0]


class Outbox:
    """Open with the path of its file; a new file starts a new stream.

    `ballast_bytes` of disk are kept free for the time when the disk is full; only the running agent needs them.
    """

    def __init__(
        self,
        path: Path,
        *,
        disk: Disk,
        rng: Rng,
        max_rows: int,
        max_bytes: int = 2**62,
        ballast_bytes: int = 0,
    ) -> None:
        self._file = OutboxFile(path, disk, rng.uuid(), Caps(max_rows, max_bytes), ballast_bytes)
        self._lock, self._database, self._bodies = self._file.lock, self._file.database, self._file.bodies
        self.stream: str = self._database.execute("SELECT value FROM meta WHERE key='stream'").fetchone()[0]

    def keep_ballast(self) -> bool:
        """Take the ballast again when there is room for it."""
        return self._file.keep_ballast()

    def put(
        self,
        rows: Sequence[NewRow],
        *,
        now_ms: int,
        stamps: Mapping[str, int] | None = None,
        left_out: LeftOut | None = None,
        in_place: bool = False,
    ) -> None:
        """Accept rows in one durable commit; `stamps` are the newest measured times by device.

        `left_out` are amounts given up before, while the disk took nothing: they are counted as dropped ("memory").
        With `in_place`, on a full disk, older rows of the least kind make room, counted as dropped ("disk full").
        """

        def accept() -> None:
            if in_place:
                # Room is made first: the file may not be able to grow even for a moment.
                self._file.make_room_for(rows)
            self._file.insert(rows, now_ms)
            self._database.executemany(
                "INSERT INTO stamp VALUES(?, ?) ON CONFLICT(device) DO UPDATE SET last_ms = excluded.last_ms",
                list((stamps or {}).items()),
            )
            books.count_left_out(self._database, left_out or {}, "memory")

        work = self._file.insist if in_place else self._file.change
        work(accept)

    def put_imported(
        self, rows: Sequence[NewRow], *, now_ms: int, digest: str, name: str, lines: int, size: int = 0
    ) -> None:
        """Accept rows of a history file together with how far that file, of `size` bytes, is read."""

        def change() -> None:
            self._file.insert(rows, now_ms)
            self._database.execute("INSERT OR REPLACE INTO imported VALUES(?, ?, ?, ?)", (digest, name, lines, size))

        self._file.change(change)

    def imported_lines(self, digest: str) -> int:
        """Lines of the file with this digest that are in the outbox's stream already."""
        with self._lock:
            found = self._database.execute("SELECT lines FROM imported WHERE digest=?", (digest,)).fetchone()
        return int(found[0]) if found else 0

    def imported_sizes(self) -> list[int]:
        """Sizes in bytes of the files that were imported, each once, smallest first."""
        with self._lock:
            found = self._database.execute("SELECT DISTINCT bytes FROM imported WHERE bytes > 0 ORDER BY bytes")
            return [int(size) for (size,) in found.fetchall()]

    def drop(self, spools: Collection[int], reason: str) -> None:
        """Give up these rows, counted under `reason`."""
        self._file.insist(lambda: self._file.drop(spools, reason))

    def hour_passed(self, max_age_hours: int | None) -> None:
        """Note one more hour of running; rows older than so many such hours are dropped ("old").

        Hours in which the agent ran, not those of the clock on the wall: a clock set ahead deletes nothing.
        """

        def change() -> list[int]:
            database = self._database
            last = database.execute("SELECT coalesce(max(number), 0) FROM hour").fetchone()[0]
            database.execute("INSERT INTO hour VALUES(?, ?)", (last + 1, self._file.last_spool()))
            if max_age_hours is None:
                return []
            over = database.execute("SELECT max(last_spool) FROM hour WHERE number <= ?", (last + 1 - max_age_hours,))
            oldest = over.fetchone()[0]
            database.execute("DELETE FROM hour WHERE number < ?", (last + 1 - max_age_hours,))
            found = database.execute("SELECT spool FROM row WHERE spool <= ? ORDER BY spool", (oldest or 0,))
            return [spool for (spool,) in found.fetchall()]

        old = self._file.insist(change)
        for start in range(0, len(old), 1_000):
            self.drop(old[start : start + 1_000], "old")

    def rows_after(self, lane: Lane, spool: int, *, until: int | None = None, limit: int) -> list[StoredRow]:
        """Rows of a lane numbered above `spool` and at most `until`, lowest first."""
        with self._lock:
            last = 2**62 if until is None else until
            skipping = (self._file.gaps.skip(spool),) if lane is Lane.LIVE else ()
            found = self._database.execute(_IN_LANE[lane], (spool, last, limit, *skipping)).fetchall()
            if lane is Lane.LIVE and len(found) < limit:
                self._file.gaps.note(max(spool, found[-1][0] if found else 0), min(last, self._file.last_spool()))
            self._file.may_be_sent(found[-1][0] if found else 0)
            return [self._stored(one) for one in found]

    def rows(self, spools: Collection[int]) -> list[StoredRow]:
        """The rows of these numbers that are still here."""
        with self._lock:
            found = [
                self._database.execute("SELECT spool, device, put_ms, body FROM row WHERE spool=?", (spool,)).fetchone()
                for spool in sorted(spools)
            ]
            return [self._stored(one) for one in found if one is not None]

    def rewrite(self, after: int, change: Callable[[bytes], bytes], shift_ms: int) -> int:
        """Replace the bodies of live rows beyond number `after` by what `change` makes of them; how many differ.

        Of those the time of putting moves by `shift_ms`. All in one commit.
        """

        def work() -> int:
            rewritten = 0
            for number, name, put_ms, body in _each(self._database, after):
                before = self._bodies.unpack(body, put_ms)
                if (new := change(before)) == before:
                    continue
                moved_ms = max(0, put_ms + shift_ms)
                device = self._bodies.full_name(name, body)
                packed = self._bodies.pack(device, new, moved_ms)
                changed = (self._bodies.short_name(device, packed), packed, moved_ms, number)
                self._database.execute("UPDATE row SET device=?, body=?, put_ms=? WHERE spool=?", changed)
                rewritten += 1
            return rewritten

        return self._file.insist(work)

    def _stored(self, found: tuple[int, str, int, bytes]) -> StoredRow:
        spool, name, put_ms, body = found
        return StoredRow(spool, self._bodies.full_name(name, body), put_ms, self._bodies.unpack(body, put_ms))

    def last_spool(self) -> int:
        """The highest number given so far; 0 when none was."""
        with self._lock:
            return self._file.last_spool()

    def free(self, acknowledged: Iterable[tuple[int, int]]) -> None:
        """Delete exactly the rows that the host has stored."""
        ranges = list(acknowledged)

        def change() -> None:
            for first, last in ranges:
                self._file.free(first, last)

        self._file.insist(change)

    def stamps(self) -> dict[str, int]:
        """Newest measured time by device, over restarts."""
        with self._lock:
            return dict(self._database.execute("SELECT device, last_ms FROM stamp").fetchall())

    def next_bdseq(self) -> int:
        """The bdSeq of the next CONNECT, persisted before it is given out."""

        def change() -> int:
            found = self._database.execute("SELECT value FROM meta WHERE key='bdseq'").fetchone()
            number = next_bdseq(int(found[0]) if found else None)
            self._database.execute("INSERT OR REPLACE INTO meta VALUES('bdseq', ?)", (number,))
            return number

        return self._file.insist(change)

    def note(self, key: str, value: str) -> None:
        """Leave a remark for whoever reads the file from outside, such as `polling`."""
        remark = (f"note:{key}", value)
        self._file.insist(lambda: self._database.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", remark))

    def notes(self) -> dict[str, str]:
        with self._lock:
            found = self._database.execute("SELECT key, value FROM meta WHERE key LIKE 'note:%'").fetchall()
        return {key.removeprefix("note:"): value for key, value in found}

    def counts(self) -> OutboxCounts:
        with self._lock:
            counters = self._counters()
            rows, readings, history = self._database.execute(
                "SELECT count(*), coalesce(sum(readings), 0), coalesce(sum(kind = ?), 0) FROM row", (int(Kind.HISTORY),)
            ).fetchone()
        return OutboxCounts(
            self.stream,
            books.acquired(counters),
            books.dropped_readings(counters),
            rows,
            readings,
            history,
            books.dropped_by_kind(counters),
            books.facts(counters),
        )

    def _counters(self) -> dict[str, int]:
        return dict(self._database.execute("SELECT name, amount FROM counter").fetchall())

    def backlog(self) -> Backlog:
        """What waits, told without a look at every row."""
        with self._lock:
            oldest = self._database.execute("SELECT put_ms FROM row ORDER BY spool LIMIT 1").fetchone()
            dropped = sum(books.dropped_readings(self._counters()).values())
            return Backlog(self._file.rows, self._file.used_bytes(), oldest[0] if oldest else None, dropped)

    def pending(self, stored: RangeSet) -> int:
        """Readings of rows that `stored`, the cloud's ledger of this stream, lacks."""
        with self._lock:
            found = self._database.execute("SELECT spool, readings FROM row").fetchall()
        return sum(readings for spool, readings in found if spool not in stored)

    def close(self) -> None:
        with self._lock:
            self._database.close()
