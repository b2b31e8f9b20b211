"""Replays recorded hours on any date: a continuous value over time, and its exact integral for registers."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulators.calendar import SHANGHAI, DayMap

SOURCE_FILE = Path(__file__).parent / "data" / "cambridge_2018_2019.csv.gz"
HOUR_MS = 3_600_000
_GROWTH_DAYS = 60

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
"""UTC milliseconds."""

HoursOfDays = Callable[[list[date]], Floats]
"""The hourly values (24 per day) to be replayed on these source days."""


@dataclass(frozen=True)
class Source:
    """Recorded days without a gap: per column one row of 24 hourly values for each day."""

    days: tuple[date, ...]
    columns: dict[str, Floats]

    def hours(self, column: str, days: list[date]) -> Floats:
        """Values of `column` hour by hour over `days`; a KeyError names a column or day that is not there."""
        place = _places(self.days)
        return self.columns[column][[place[day] for day in days]].reshape(-1)


@cache
def _places(days: tuple[date, ...]) -> dict[date, int]:
    return {day: index for index, day in enumerate(days)}


@cache
def load_source(path: Path = SOURCE_FILE) -> Source:
    """Read an hourly wide table; days with an empty cell or fewer than 24 rows are left out."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = next(rows)[1:]
        by_day: dict[date, list[list[str]]] = {}
        for row in rows:
            by_day.setdefault(date.fromisoformat(row[0][:10]), []).append(row[1:])
    whole = {day: hours for day, hours in by_day.items() if len(hours) == 24 and all(all(row) for row in hours)}
    table = np.array(list(whole.values()), dtype=np.float64)
    return Source(tuple(whole), {name: table[:, :, index] for index, name in enumerate(names)})


class Track:
    """A quantity over time: hourly knots joined by straight lines, growing as later times are asked for.

    Before `origin_ms` the value is that of the first knot and the integral is 0.
    """

    def __init__(self, origin_ms: int, hours_from: Callable[[int, int], Floats]) -> None:
        """`hours_from(first, count)` gives hourly knots by their number of hours since the origin."""
        self.origin_ms = origin_ms
        self._hours_from = hours_from
        self._knots: Floats = np.empty(0)
        self._sums: Floats = np.zeros(1)

    def value(self, at_ms: int) -> float:
        """The quantity at one time."""
        hour, part = self._place(at_ms)
        low, high = float(self._knots[hour]), float(self._knots[hour + 1])
        return low + (high - low) * part

    def integral(self, at_ms: int) -> float:
        """Quantity times hours from the origin to `at_ms`."""
        hour, part = self._place(at_ms)
        low, high = float(self._knots[hour]), float(self._knots[hour + 1])
        return float(self._sums[hour]) + part * (low + (high - low) * part / 2)

    def values(self, times: Times) -> Floats:
        """`value` of many times at once."""
        hours, parts = self._places(times)
        low, high = self._knots[hours], self._knots[hours + 1]
        return np.asarray(low + (high - low) * parts)

    def integrals(self, times: Times) -> Floats:
        """`integral` of many times at once, equal to the last bit."""
        hours, parts = self._places(times)
        low, high = self._knots[hours], self._knots[hours + 1]
        return np.asarray(self._sums[hours] + parts * (low + (high - low) * parts / 2))

    def _place(self, at_ms: int) -> tuple[int, float]:
        hour, rest = divmod(max(at_ms - self.origin_ms, 0), HOUR_MS)
        self._grow(hour + 2)
        return hour, rest / HOUR_MS

    def _places(self, times: Times) -> tuple[npt.NDArray[np.int64], Floats]:
        hours, rests = np.divmod(np.maximum(times - self.origin_ms, 0), HOUR_MS)
        self._grow(int(hours.max(initial=0)) + 2)
        return hours, rests / HOUR_MS

    def _grow(self, knots: int) -> None:
        have = len(self._knots)
        if knots <= have:
            return
        more = self._hours_from(have, knots - have + 24 * _GROWTH_DAYS)
        self._knots = np.concatenate([self._knots, more])
        steps = (self._knots[:-1] + self._knots[1:]) / 2
        # One running sum from left to right gives the same bits however often the track has grown.
        grown = np.cumsum(np.concatenate([self._sums[-1:], steps[len(self._sums) - 1 :]]))
        self._sums = np.concatenate([self._sums[:-1], grown])


class Replay:
    """Makes tracks from a source, all starting at local midnight of `installed_on` and using the same source days."""

    def __init__(self, source: Source, installed_on: date) -> None:
        self.source = source
        self.origin_ms = round(datetime.combine(installed_on, time(), SHANGHAI).timestamp() * 1000)
        self._installed_on = installed_on
        self._days = DayMap(source.days)

    def track(self, hours: HoursOfDays) -> Track:
        """A track whose hours are worked out from the replayed days."""

        def hours_from(first: int, count: int) -> Floats:
            first_day, last_day = first // 24, (first + count - 1) // 24
            dates = [self._installed_on + timedelta(days=number) for number in range(first_day, last_day + 1)]
            values = hours([self._days.source_day(day) for day in dates])
            start = first - 24 * first_day
            return values[start : start + count]

        return Track(self.origin_ms, hours_from)

    def column(self, name: str, scale: float = 1.0, offset: float = 0.0) -> Track:
        """A recorded column as `value * scale + offset`."""
        return self.track(lambda days: self.source.hours(name, days) * scale + offset)
