"""Window aggregates of one series over blocks and landing rows together.

A day that lies whole in a window gives the figures that its block carries; any other is unpacked and cut at the
windows. Landing rows are aggregated by SQLite.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from cloud.adapters.embedded.block import GOOD, THINNED, Figures, figures_of_means, means_of, order
from cloud.adapters.embedded.blocks import Blocks
from cloud.adapters.embedded.columns import Stored, unpack
from cloud.adapters.embedded.days import day_of, start_of
from cloud.core.series import DAY_MS, Aggregate, window_offset_ms, window_start

_AGGREGATES = {"mean": "total(value)", "sum": "sum(value)", "min": "min(value)", "max": "max(value)", "count": "0"}
_End = tuple[int, Stored]
"""Moment and value."""
_Part = tuple[int, Stored]
"""How many GOOD values, and their sum, least or greatest."""
_NUMBERS_ONLY = "AND typeof(value) <> 'text' "


@dataclass(frozen=True, slots=True)
class Windows:
    """start <= time < end, cut into windows of this length."""

    start_ms: int
    end_ms: int
    window_ms: int
    aggregate: Aggregate

    def days(self) -> tuple[int, int]:
        """The local days that the span touches: the first, and the one after the last."""
        return day_of(self.start_ms), day_of(self.end_ms - 1) + 1

    def of_day(self, day: int) -> int | None:
        """The window that holds a local day whole; None if the span or a window's edge cuts it."""
        start_ms, end_ms = start_of(day), start_of(day + 1)
        window = window_start(start_ms, self.window_ms)
        is_whole = self.start_ms <= start_ms and end_ms <= self.end_ms and end_ms <= window + self.window_ms
        return window if is_whole else None


def window_values(database: sqlite3.Connection, series: int, windows: Windows) -> list[tuple[int, Stored]]:
    """The aggregate of every window that has any GOOD value, in time order."""
    if windows.aggregate in ("first", "last"):
        return _ends(database, series, windows)
    found: dict[int, _Part] = {}
    for start_ms, part in _of_blocks(database, series, windows):
        _add(found, start_ms, part, windows.aggregate)
    for start_ms, good, value in _landing(database, series, windows):
        _add(found, start_ms, (good, value), windows.aggregate)
    return [(start_ms, _value(found[start_ms], windows.aggregate)) for start_ms in sorted(found)]


def _landing(database: sqlite3.Connection, series: int, windows: Windows) -> list[tuple[int, int, Stored]]:
    aggregate = windows.aggregate
    numbers_only = _NUMBERS_ONLY if aggregate in ("mean", "sum") else ""
    return database.execute(
        f"SELECT (ms + ?) / ? * ? - ?, count(value), {_AGGREGATES[aggregate]} FROM sample "  # noqa: S608
        f"WHERE series=? AND ms>=? AND ms<? AND quality=? AND value IS NOT NULL {numbers_only}GROUP BY 1",
        (*_cutting(windows), series, windows.start_ms, windows.end_ms, GOOD),
    ).fetchall()


def _of_blocks(database: sqlite3.Connection, series: int, windows: Windows) -> Iterator[tuple[int, _Part]]:
    blocks = Blocks(database)
    first_day, end_day = windows.days()
    if windows.window_ms < DAY_MS:
        for grain_ms, packed in blocks.packed(series, first_day, end_day):
            yield from _parts(grain_ms, packed, windows)
        return
    for day, figures in blocks.figures(series, first_day, end_day):
        window = windows.of_day(day)
        if window is None:
            for grain_ms, packed in blocks.packed(series, day, day + 1):
                yield from _parts(grain_ms, packed, windows)
        elif figures.good:
            yield window, _part(figures, windows.aggregate)


def _parts(grain_ms: int, packed: bytes, windows: Windows) -> Iterator[tuple[int, _Part]]:
    """What a block holds, window by window."""
    if grain_ms > THINNED:
        means = means_of(grain_ms, packed)
        for window, place, stop in _cuts([mean.ms for mean in means], windows):
            yield window, _part(figures_of_means(means[place:stop]), windows.aggregate)
        return
    times, values = _good(packed, numbers_only=windows.aggregate in ("mean", "sum"))
    combine = _COMBINE[windows.aggregate]
    for window, place, stop in _cuts(times, windows):
        yield window, (stop - place, combine(values[place:stop]))


def _ends(database: sqlite3.Connection, series: int, windows: Windows) -> list[tuple[int, Stored]]:
    """First or last values: the candidates of every window, each with its moment, are put in order."""
    is_first = windows.aggregate == "first"
    found = dict(_landing_ends(database, series, windows))
    for start_ms, (ms, value) in _ends_of_blocks(database, series, windows, found):
        known = found.get(start_ms)
        if known is None or (ms < known[0]) is is_first:
            found[start_ms] = ms, value
    return [(start_ms, found[start_ms][1]) for start_ms in sorted(found)]


def _landing_ends(database: sqlite3.Connection, series: int, windows: Windows) -> list[tuple[int, _End]]:
    # SQLite gives the bare column of the row that has the minimum or maximum.
    pick = "min(ms)" if windows.aggregate == "first" else "max(ms)"
    found = database.execute(
        f"SELECT (ms + ?) / ? * ? - ?, {pick}, value FROM sample "  # noqa: S608
        "WHERE series=? AND ms>=? AND ms<? AND quality=? AND value IS NOT NULL GROUP BY 1",
        (*_cutting(windows), series, windows.start_ms, windows.end_ms, GOOD),
    )
    return [(start_ms, (ms, value)) for start_ms, ms, value in found]


def _ends_of_blocks(
    database: sqlite3.Connection, series: int, windows: Windows, landing: Mapping[int, _End]
) -> Iterator[tuple[int, _End]]:
    blocks, is_first = Blocks(database), windows.aggregate == "first"
    for day, figures in blocks.figures(series, *windows.days()):
        window = windows.of_day(day)
        if window is None or (window in landing and day_of(landing[window][0]) == day):
            for grain_ms, packed in blocks.packed(series, day, day + 1):
                times, values = _told(grain_ms, packed)
                for start_ms, place, stop in _cuts(times, windows):
                    end = place if is_first else stop - 1
                    yield start_ms, (times[end], values[end])
        elif figures.good:
            yield window, (start_of(day), figures.first if is_first else figures.last)


def _cuts(times: Sequence[int], windows: Windows) -> Iterator[tuple[int, int, int]]:
    """Windows that hold any of these moments, which are in order: start, place of the first, place after the last."""
    offset_ms, length_ms = window_offset_ms(windows.window_ms), windows.window_ms
    place, end = bisect_left(times, windows.start_ms), bisect_left(times, windows.end_ms)
    while place < end:
        window = (times[place] + offset_ms) // length_ms * length_ms - offset_ms
        stop = bisect_left(times, window + length_ms, place, end)
        yield window, place, stop
        place = stop


def _told(grain_ms: int, packed: bytes) -> tuple[Sequence[int], Sequence[Stored]]:
    """Moments and GOOD values, or means."""
    if grain_ms > THINNED:
        means = means_of(grain_ms, packed)
        return [mean.ms for mean in means], [mean.total / mean.good for mean in means]
    return _good(packed, numbers_only=False)


def _good(packed: bytes, *, numbers_only: bool) -> tuple[Sequence[int], Sequence[Stored]]:
    """Moments and values of the GOOD readings that have one."""
    if not packed:
        return (), ()
    times, values, qualities = unpack(packed)
    kinds = set(map(type, values))
    if kinds <= {int, float} and set(qualities) == {GOOD}:
        return times, values  # type: ignore[return-value]
    left_out = (type(None), str) if numbers_only else (type(None),)
    is_told = [
        quality == GOOD and not isinstance(value, left_out) for value, quality in zip(values, qualities, strict=True)
    ]
    return list(compress(times, is_told)), list(compress(values, is_told))  # type: ignore[arg-type]


def _least(values: Sequence[Stored]) -> Stored:
    return min(values, key=order)


def _greatest(values: Sequence[Stored]) -> Stored:
    return max(values, key=order)


def _cutting(windows: Windows) -> tuple[int, int, int, int]:
    """Parameters of `(ms + ?) / ? * ? - ?`, the start of the window of a moment."""
    offset_ms = window_offset_ms(windows.window_ms)
    return offset_ms, windows.window_ms, windows.window_ms, offset_ms


def _part(figures: Figures, aggregate: Aggregate) -> _Part:
    if aggregate in ("min", "max"):
        return figures.good, figures.lowest if aggregate == "min" else figures.highest
    return figures.good, figures.total


def _add(found: dict[int, _Part], start_ms: int, part: _Part, aggregate: Aggregate) -> None:
    known = found.get(start_ms)
    found[start_ms] = part if known is None else (known[0] + part[0], _COMBINE[aggregate]((known[1], part[1])))


def _value(part: _Part, aggregate: Aggregate) -> Stored:
    good, value = part
    if aggregate == "count":
        return good
    return value / good if aggregate == "mean" else value  # type: ignore[operator]


_COMBINE: Mapping[Aggregate, Callable[[Sequence[Any]], Any]] = {
    "mean": sum,
    "sum": sum,
    "min": _least,
    "max": _greatest,
    "count": len,
}
"""What becomes of values, or of such results, that fall in one window; a count goes by the part's own number."""
