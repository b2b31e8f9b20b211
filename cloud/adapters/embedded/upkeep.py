"""Thinning and condensing of the embedded store's blocks: one local day of one device in one short transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping

from cloud.adapters.embedded.block import THINNED, Block, condensed, rows_of, thinned
from cloud.adapters.embedded.blocks import Blocks
from cloud.adapters.embedded.days import day_of
from cloud.adapters.embedded.reader import as_value, series_number
from cloud.core.series import DAY_MS, QUARTER_MS, Sample, SeriesKey
from cloud.core.store_upkeep import Decide
from foundation.disk import transaction
from gateway.messages import Quality

_Change = Callable[[Block, bool], Block]
"""From a block, and whether its values are yes or no, to what stays of it."""


class BlockUpkeep:
    """Over one connection whose calls must not overlap. Only packed days are touched."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database, self._blocks = database, Blocks(database)

    def thin(self, decide: Mapping[SeriesKey, Decide], condensed: Collection[SeriesKey], before_ms: int) -> bool:
        changes = {key: _thinning(of_key) for key, of_key in decide.items()}
        with transaction(self._database):
            return self._change(changes, before_ms, THINNED) or self._condense(condensed, before_ms, QUARTER_MS)

    def condense(self, keys: Collection[SeriesKey], before_ms: int) -> bool:
        with transaction(self._database):
            return self._condense(keys, before_ms, DAY_MS)

    def _condense(self, keys: Collection[SeriesKey], before_ms: int, window_ms: int) -> bool:
        def change(block: Block, _is_bool: bool) -> Block:
            return condensed(block, rows_of(block), window_ms)

        return self._change(dict.fromkeys(keys, change), before_ms, window_ms)

    def _change(self, changes: Mapping[SeriesKey, _Change], before_ms: int, grain_ms: int) -> bool:
        """Change the blocks of the oldest day on which any of the series keeps something finer."""
        found = {key: number for key in changes if (number := series_number(self._database, key)) is not None}
        numbers = {number for number, _ in found.values()}
        days = self._blocks.days_of_grain(numbers, day_of(before_ms), grain_ms) if numbers else []
        for key, (series, is_bool) in found.items() if days else ():
            block = self._blocks.find(series, days[0])
            if block is not None and block.grain_ms < grain_ms:
                self._blocks.put(series, days[0], changes[key](block, is_bool), block)
        return bool(days)


def _thinning(decide: Decide) -> _Change:
    def change(block: Block, is_bool: bool) -> Block:
        samples = [Sample(row.ms, as_value(row.value, is_bool), Quality(row.quality)) for row in rows_of(block)]
        return thinned(block, decide(samples))

    return change
