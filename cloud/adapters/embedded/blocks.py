"""The blocks of the embedded store: put, found, and counted in the tally as they change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from cloud.adapters.embedded.block import Block, Figures
from cloud.adapters.embedded.columns import Stored

END_DAY, READINGS, THINNED, REPEATED = "end_day", "readings", "thinned", "repeated"
"""What the tally holds: the day from which on there are no blocks, and sums over all blocks."""

_LARGEST = 2**63
_FIGURES = "day, grain_ms, readings, thinned, repeated, good, total, lowest, highest, first, last"


class Blocks:
    """Over one connection; `put` belongs in the caller's transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def find(self, series: int, day: int) -> Block | None:
        """One block with all that it holds."""
        return next((block for _, block in self.between(series, day, day + 1)), None)

    def between(self, series: int, first_day: int, end_day: int) -> Iterator[tuple[int, Block]]:
        """Blocks of a series with first <= day < end, in order, with all that they hold."""
        # Fetched whole: a cursor left open would see what its reader changes meanwhile.
        found = self._database.execute(
            f"SELECT {_FIGURES}, packed.readings, trace FROM block JOIN packed USING(series, day) "  # noqa: S608
            "WHERE series=? AND day>=? AND day<? ORDER BY day".replace("readings, thinned", "block.readings, thinned"),
            (series, first_day, end_day),
        ).fetchall()
        return ((row[0], _block(row)) for row in found)

    def packed(self, series: int, first_day: int, end_day: int) -> list[tuple[int, bytes]]:
        """Grain and packed readings or means of the days of a series with first <= day < end, in order."""
        return self._database.execute(
            "SELECT grain_ms, packed.readings FROM block JOIN packed USING(series, day) "
            "WHERE series=? AND day>=? AND day<? ORDER BY day",
            (series, first_day, end_day),
        ).fetchall()

    def figures(self, series: int, first_day: int, end_day: int) -> list[tuple[int, Figures]]:
        """Figures of the days of a series with first <= day < end, in order."""
        found = self._database.execute(
            f"SELECT {_FIGURES} FROM block WHERE series=? AND day>=? AND day<? ORDER BY day",  # noqa: S608
            (series, first_day, end_day),
        )
        return [(row[0], _figures(row)) for row in found]

    def put(self, series: int, day: int, block: Block, known: Block | None) -> None:
        """Write a block in the place of `known`, which is the one that stands there."""
        figures = block.figures
        self._database.execute(
            "INSERT OR REPLACE INTO block VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(series, day, block.grain_ms, block.readings, block.thinned, block.repeated, figures.good),
                *(_sum_in(figures.total), figures.lowest, figures.highest, figures.first, figures.last),
            ),
        )
        self._database.execute(
            "INSERT OR REPLACE INTO packed VALUES(?, ?, ?, ?)", (series, day, block.packed, block.trace)
        )
        self._database.execute(
            "INSERT INTO tally VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET amount = max(amount, excluded.amount)",
            (END_DAY, day + 1),
        )
        self._add(READINGS, block.readings - (known.readings if known else 0))
        self._add(THINNED, block.thinned - (known.thinned if known else 0))
        self._add(REPEATED, block.repeated - (known.repeated if known else 0))

    def tally(self, name: str) -> int:
        found = self._database.execute("SELECT amount FROM tally WHERE name=?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def days_of_grain(self, series: Iterable[int], end_day: int, below_ms: int) -> list[int]:
        """Days before `end_day` on which any of these series keeps something finer than `below_ms`, oldest first."""
        numbers = sorted(series)
        found = self._database.execute(
            f"SELECT DISTINCT day FROM block WHERE series IN ({', '.join('?' * len(numbers))}) "  # noqa: S608
            "AND day<? AND grain_ms<? ORDER BY day",
            (*numbers, end_day, below_ms),
        )
        return [int(row[0]) for row in found]

    def _add(self, name: str, amount: int) -> None:
        if amount:
            self._database.execute(
                "INSERT INTO tally VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET amount = amount + excluded.amount",
                (name, amount),
            )


def _block(row: tuple[Any, ...]) -> Block:
    _, grain_ms, readings, thinned, repeated, *_ = row
    return Block(grain_ms, readings, thinned, repeated, _figures(row), row[-2], row[-1])


def _figures(row: tuple[Any, ...]) -> Figures:
    good, total, lowest, highest, first, last = row[5:11]
    return Figures(good, int(total) if isinstance(total, str) else total, lowest, highest, first, last)


def _sum_in(total: int | float) -> Stored:
    is_held = isinstance(total, float) or -_LARGEST <= total < _LARGEST
    return total if is_held else str(total)
