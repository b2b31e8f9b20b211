"""One local day of one series as a block: what was received in it, in figures, and what is kept of it, packed.

The figures tell of the day as it was received and outlive its readings. What is kept is said by `grain_ms`: readings
as they came, those that a thinning has left, or means of the windows of that length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from cloud.adapters.embedded.columns import Stored, pack, unpack
from cloud.core.series import window_start
from gateway.messages import Quality

AS_RECEIVED, THINNED = 0, 1
"""Grains that are no lengths: all readings, and those that decide what is asked of them."""
GOOD = int(Quality.GOOD)


class Row(NamedTuple):
    """A reading with its trace, as table `sample` has it."""

    ms: int
    value: Stored
    quality: int
    stream: int
    spool: int
    shift_ms: int


class Mean(NamedTuple):
    """What is left of the GOOD numbers of one window."""

    ms: int
    good: int
    total: int | float
    lowest: int | float
    highest: int | float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the GOOD values of a span: how many, the sum of the numbers, the least, the greatest, the first, the last."""

    good: int = 0
    total: int | float = 0
    lowest: Stored = None
    highest: Stored = None
    first: Stored = None
    last: Stored = None


@dataclass(frozen=True, slots=True)
class Block:
    """`readings` are kept in it, `thinned` were taken away; `repeated` are readings that stand in it twice."""

    grain_ms: int
    readings: int
    thinned: int
    repeated: int
    figures: Figures
    packed: bytes
    trace: bytes


def block_of(rows: Sequence[Row], *, repeated: int = 0) -> Block:
    """A day's readings, in time order and at moments of their own."""
    packed, trace = _packed(rows)
    return Block(AS_RECEIVED, len(rows), 0, repeated, figures_of(rows), packed, trace)


def rows_of(block: Block) -> list[Row]:
    """The readings that a block keeps; none if it keeps means."""
    if not block.readings:
        return []
    return [Row(*row) for row in zip(*unpack(block.packed), *unpack(block.trace), strict=True)]


def means_of(grain_ms: int, packed: bytes) -> list[Mean]:
    """The means that a block keeps; none if it keeps readings."""
    if grain_ms <= THINNED or not packed:
        return []
    return [Mean(*row) for row in zip(*unpack(packed), strict=True)]


def joined(block: Block, late: Sequence[Row], *, repeated: int = 0) -> Block:
    """The block with readings that came late, at moments that are free in it.

    Where readings were thinned they are to be thinned again; where only means are kept, the late ones go into these.
    """
    figures = added(block.figures, figures_of(late))
    if block.grain_ms > THINNED:
        folded = condensed(replace(block, figures=figures), late, block.grain_ms)
        return replace(folded, thinned=block.thinned + len(late))
    rows = sorted([*rows_of(block), *late])
    packed, trace = _packed(rows)
    ends = figures_of(rows)
    figures = replace(figures, first=ends.first, last=ends.last)
    return Block(AS_RECEIVED, len(rows), block.thinned, repeated, figures, packed, trace)


def thinned(block: Block, keep: Iterable[int]) -> Block:
    """The block with the readings at these moments alone."""
    moments, rows = set(keep), rows_of(block)
    left = [row for row in rows if row.ms in moments]
    packed, trace = _packed(left)
    gone = block.thinned + len(rows) - len(left)
    return Block(THINNED, len(left), gone, repeats_in(left), block.figures, packed, trace)


def condensed(block: Block, rows: Sequence[Row], window_ms: int) -> Block:
    """The block with means of windows of this length instead of its readings or shorter means; `rows` join them."""
    parts = [Mean(row.ms, 1, row.value, row.value, row.value) for row in rows if is_number(row)]  # type: ignore[arg-type]
    windows: dict[int, Mean] = {}
    for part in sorted([*means_of(block.grain_ms, block.packed), *parts]):
        start_ms = window_start(part.ms, window_ms)
        known = windows.get(start_ms)
        windows[start_ms] = part._replace(ms=start_ms) if known is None else _merged(known, part)
    means = [windows[start_ms] for start_ms in sorted(windows)]
    packed = pack(*zip(*means, strict=True)) if means else b""
    return Block(window_ms, 0, block.thinned + block.readings, 0, block.figures, packed, b"")


def figures_of(rows: Iterable[Row]) -> Figures:
    """Figures of readings in time order."""
    return figures_of_values([row.value for row in rows if row.quality == GOOD and row.value is not None])


def figures_of_values(values: Sequence[Stored]) -> Figures:
    """Figures of GOOD values in time order, none of which is None."""
    if not values:
        return Figures()
    lowest, highest = min(values, key=order), max(values, key=order)
    numbers: Iterable[int | float] = (value for value in values if isinstance(value, int | float))
    return Figures(len(values), sum(numbers), lowest, highest, values[0], values[-1])


def figures_of_means(means: Sequence[Mean]) -> Figures:
    """Figures of at least one mean, in time order; the first and the last value are means, too."""
    return Figures(
        sum(mean.good for mean in means),
        sum(mean.total for mean in means),
        min(mean.lowest for mean in means),
        max(mean.highest for mean in means),
        means[0].total / means[0].good,
        means[-1].total / means[-1].good,
    )


def added(one: Figures, other: Figures) -> Figures:
    """Figures of two spans, of which the first to begin comes first."""
    if not one.good or not other.good:
        return one if one.good else other
    return Figures(
        one.good + other.good,
        one.total + other.total,
        min(one.lowest, other.lowest, key=order),
        max(one.highest, other.highest, key=order),
        one.first,
        other.last,
    )


def is_number(row: Row) -> bool:
    """Whether a reading counts in means: GOOD, and a number."""
    return row.quality == GOOD and isinstance(row.value, int | float)


def repeats_in(rows: Sequence[Row]) -> int:
    """Readings of one row of a stream that stand there more than once, beyond the first."""
    if not any(row.shift_ms for row in rows):
        return 0
    told = Counter((row.ms - row.shift_ms, row.stream, row.spool) for row in rows if row.spool > 0)
    return sum(times - 1 for times in told.values())


def is_inorder(rows: Sequence[Row]) -> bool:
    """Whether every reading has a moment of its own, in time order."""
    return all(one.ms < other.ms for one, other in pairwise(rows))


def _packed(rows: Sequence[Row]) -> tuple[bytes, bytes]:
    """Readings and their traces apart: nearly every read needs the readings alone."""
    if not rows:
        return b"", b""
    times, values, qualities, streams, spools, shifts = zip(*rows, strict=True)
    return pack(times, values, qualities), pack(streams, spools, shifts)


def _merged(one: Mean, other: Mean) -> Mean:
    return Mean(
        one.ms,
        one.good + other.good,
        one.total + other.total,
        min(one.lowest, other.lowest),
        max(one.highest, other.highest),
    )


def order(value: Stored) -> tuple[bool, Stored]:
    """Numbers before texts, as SQLite has it."""
    return isinstance(value, str), value
