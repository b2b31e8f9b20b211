"""Thinning and condensing of the embedded store's blocks: one local day of one device in one short transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from cloud.adapters.embedded.block import THINNED, Block, condensed, rows_of, thinned
from cloud.adapters.embedded.blocks import Blocks
from cloud.adapters.embedded.days import day_of
from cloud.adapters.embedded.reader import as_value, series_number
from cloud.core.series import Sample, SeriesKey
from cloud.core.store_upkeep import Decide
from foundation.disk import transaction
from gateway.messages import Quality

_Change = Callable[[Block, bool], Block]
"""From a block, and whether its values are yes or no, to what stays of it."""


class BlockUpkeep:
    """Over one connection whose calls must not overlap. Only packed days are touched."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._blocks = database, Blocks(database)

    def thin(self, keys: Sequence[SeriesKey], before_ms: int, decide: Decide) -> bool:
        def change(block: Block, is_bool: bool) -> Block:
            samples = [Sample(row.ms, as_value(row.value, is_bool), Quality(row.quality)) for row in rows_of(block)]
            return thinned(block, decide(samples))

        return self._oldest_day(keys, before_ms, THINNED, change)

    def condense(self, keys: Sequence[SeriesKey], before_ms: int, window_ms: int) -> bool:
        return self._oldest_day(
            keys, before_ms, window_ms, lambda block, _: condensed(block, rows_of(block), window_ms)
        )

    def _oldest_day(self, keys: Sequence[SeriesKey], before_ms: int, grain_ms: int, change: _Change) -> bool:
        """Change the blocks of the oldest day on which any of the series keeps something finer."""
        with transaction(self._database):
            found = [number for key in keys if (number := series_number(self._database, key)) is not None]
            numbers = dict(found)
            days = self._blocks.days_of_grain(numbers, day_of(before_ms), grain_ms) if numbers else []
            for series, is_bool in numbers.items() if days else ():
                block = self._blocks.find(series, days[0])
                if block is not None and block.grain_ms < grain_ms:
                    self._blocks.put(series, days[0], change(block, is_bool), block)
        return bool(days)
