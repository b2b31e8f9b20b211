"""Landing rows of past days into blocks, a few rows at a time, each time in one short transaction of its own.

Any process may compact: SQLite lets one transaction write at a time, and each moves rows whole. So a process that dies
at any moment loses and doubles nothing, and the ingest waits for no longer than one step takes. What a step holds in
memory is `ROWS_AT_ONCE` rows, or one day of one series where that is more.
"""

from __future__ import annotations

import sqlite3
from itertools import groupby

from cloud.adapters.embedded.block import Row, block_of, joined, repeats_in, rows_of
from cloud.adapters.embedded.blocks import Blocks
from cloud.adapters.embedded.days import day_of, start_of
from foundation.disk import transaction

ROWS_AT_ONCE = 10_000
SPARE_PAGES = 4_096
"""Free pages that stay in the file: tomorrow's landing rows need them again."""
_PAGES_AT_ONCE = 1_024


class Compaction:
    """Over one connection whose calls must not overlap."""

    def __init__(
        self, database: sqlite3.Connection, rows_at_once: int = ROWS_AT_ONCE, spare_pages: int = SPARE_PAGES
    ) -> None:
        self._database, self._rows_at_once, self._spare_pages = database, rows_at_once, spare_pages
        self._blocks = Blocks(database)
        self._series = 0

    def step(self, before_ms: int) -> bool:
        """Put some rows of local days that end by `before_ms` into blocks; False when there is no more to do."""
        before_ms = start_of(day_of(before_ms))
        moved = 0
        with transaction(self._database):
            while moved < self._rows_at_once and (series := self._next_series(before_ms)) is not None:
                moved += self._move(series, before_ms, self._rows_at_once - moved)
        return moved > 0 or self._shrink()

    def _next_series(self, before_ms: int) -> int | None:
        """The first series from the one of the last time on that has such rows; every series is asked at most once."""
        for rest in ("id >= ?", "id < ?"):
            found = self._database.execute(
                f"SELECT id FROM series WHERE {rest} AND (SELECT min(ms) FROM sample WHERE series = id) < ? "  # noqa: S608
                "ORDER BY id LIMIT 1",
                (self._series, before_ms),
            ).fetchone()
            if found is not None:
                self._series = int(found[0])
                return self._series
        return None

    def _move(self, series: int, before_ms: int, most: int) -> int:
        """Move the oldest whole days of a series, at least one, at most about so many rows."""
        found = self._database.execute(
            "SELECT ms, value, quality, stream, spool, shift_ms FROM sample WHERE series=? AND ms<? ORDER BY ms",
            (series, before_ms),
        )
        rows = [Row(*row) for row in found.fetchmany(most)]
        end_ms = start_of(day_of(rows[-1].ms) + 1)
        # The last day is moved whole, too.
        while (more := found.fetchone()) is not None and more[0] < end_ms:
            rows.append(Row(*more))
        found.close()
        for day, of_day in groupby(rows, lambda row: day_of(row.ms)):
            self._put(series, day, list(of_day))
        self._database.execute("DELETE FROM sample WHERE series=? AND ms<?", (series, end_ms))
        return len(rows)

    def _put(self, series: int, day: int, rows: list[Row]) -> None:
        known = self._blocks.find(series, day)
        there = rows_of(known) if known else []
        repeated = self._repeated(series, day, [*there, *rows])
        block = joined(known, rows, repeated=repeated) if known else block_of(rows, repeated=repeated)
        self._blocks.put(series, day, block, known)

    def _repeated(self, series: int, day: int, rows: list[Row]) -> int:
        """A reading may have been moved over midnight: then what it repeats stands in the day before."""
        start_ms = start_of(day)
        if all(row.ms - row.shift_ms >= start_ms for row in rows):
            return repeats_in(rows)
        before = self._blocks.find(series, day - 1)
        earlier = rows_of(before) if before else []
        return repeats_in([*earlier, *rows]) - repeats_in(earlier)

    def _shrink(self) -> bool:
        """Give some free pages back; False when there are none to give."""
        spare = int(self._database.execute("PRAGMA freelist_count").fetchone()[0]) - self._spare_pages
        if spare > 0 and self._can_shrink():
            # As a script: `execute` would end the statement after its first page.
            self._database.executescript(f"PRAGMA incremental_vacuum({min(spare, _PAGES_AT_ONCE)})")
            return True
        return False

    def _can_shrink(self) -> bool:
        """A file made by an earlier version keeps its free pages for new rows."""
        return bool(self._database.execute("PRAGMA auto_vacuum").fetchone()[0])
