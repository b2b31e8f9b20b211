"""Which moments are taken inside blocks, so that a reading that comes late makes way for what is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from cloud.adapters.embedded.block import rows_of
from cloud.adapters.embedded.blocks import END_DAY, Blocks
from cloud.adapters.embedded.columns import Stored
from cloud.adapters.embedded.days import day_of, start_of


class BlockMoments:
    """Asked within the writer's transaction: what it has learned holds until the next `begin`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._blocks = Blocks(database)
        self._end_ms = 0
        self._days: dict[tuple[int, int], Mapping[int, Stored]] = {}

    def begin(self) -> None:
        """A new transaction: another process may have compacted since the last one."""
        self._end_ms = start_of(self._blocks.tally(END_DAY))
        self._days.clear()

    def is_any_old(self, moments: Iterable[int]) -> bool:
        """Whether there may be blocks at any of these moments; live readings cost no more than this."""
        return min(moments, default=self._end_ms) < self._end_ms

    def taken(self, series: int, ms: int) -> Mapping[int, Stored]:
        """Moments and values of the block that a moment of a series falls in."""
        if ms >= self._end_ms:
            return {}
        place = series, day_of(ms)
        known = self._days.get(place)
        if known is None:
            block = self._blocks.find(*place)
            known = self._days[place] = {row.ms: row.value for row in rows_of(block)} if block else {}
        return known
