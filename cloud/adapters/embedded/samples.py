"""Readings of one series over a span, from blocks and landing rows, in time order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from cloud.adapters.embedded.block import GOOD, Row, means_of, rows_of
from cloud.adapters.embedded.blocks import Blocks
from cloud.adapters.embedded.columns import Stored, unpack
from cloud.adapters.embedded.days import day_of

Told = tuple[int, Stored, int]
"""Moment, value and quality."""


def samples_between(database: sqlite3.Connection, series: int, start_ms: int, end_ms: int) -> list[Told]:
    """Readings with start <= time < end; where only means are kept, these, each at the start of its window."""
    landing: list[Told] = database.execute(
        "SELECT ms, value, quality FROM sample WHERE series=? AND ms>=? AND ms<? ORDER BY ms",
        (series, start_ms, end_ms),
    ).fetchall()
    found: list[Told] = []
    for grain_ms, packed in Blocks(database).packed(series, day_of(start_ms), day_of(end_ms - 1) + 1):
        found += (told for told in _told(grain_ms, packed) if start_ms <= told[0] < end_ms)
    is_in_order = not found or not landing or found[-1][0] < landing[0][0]
    return found + landing if is_in_order else sorted(found + landing, key=lambda told: told[0])


def rows_between(database: sqlite3.Connection, series: int, start_ms: int, end_ms: int) -> list[Row]:
    """Readings with their traces; nothing where only means are kept."""
    found = database.execute(
        "SELECT ms, value, quality, stream, spool, shift_ms FROM sample WHERE series=? AND ms>=? AND ms<?",
        (series, start_ms, end_ms),
    )
    rows = [Row(*row) for row in found]
    for _, block in Blocks(database).between(series, day_of(start_ms), day_of(end_ms - 1) + 1):
        rows += (row for row in rows_of(block) if start_ms <= row.ms < end_ms)
    return sorted(rows, key=lambda row: row.ms)


def _told(grain_ms: int, packed: bytes) -> Iterator[Told]:
    means = means_of(grain_ms, packed)
    if means:
        return ((mean.ms, mean.total / mean.good, GOOD) for mean in means)
    return zip(*unpack(packed), strict=True) if packed else iter(())
