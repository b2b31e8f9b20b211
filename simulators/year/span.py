"""Span: the twelve months that the books cover, their working days, and chance by name."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from simulators.calendar import DayKind, kind_of

MONTHS = 12
DEPARTMENTS = ("information", "finance", "asset", "real_estate", "vehicle", "energy", "safety", "general")


def month_start(day: date, months: int = 0) -> date:
    """First day of the month of `day`, moved by whole months."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def month_end(day: date) -> date:
    """Last day of the month of `day`."""
    return month_start(day, 1) - timedelta(days=1)


def is_workday(day: date) -> bool:
    return kind_of(day) is DayKind.WORKDAY


def last_workday(day: date) -> date:
    """`day` itself, or the nearest working day before it."""
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


def next_workday(day: date) -> date:
    """The first working day after `day`."""
    day += timedelta(days=1)
    while not is_workday(day):
        day += timedelta(days=1)
    return day


@dataclass(frozen=True)
class Span:
    """The last full months before `until`, and the days up to `until`; the same seed writes the same books."""

    until: date
    seed: int = 1

    @property
    def months(self) -> list[date]:
        """First days of the last twelve full months, oldest first."""
        return [month_start(self.until, -back) for back in range(MONTHS, 0, -1)]

    @property
    def first_day(self) -> date:
        return self.months[0]

    def days_ago(self, days: int) -> date:
        """A negative number lies ahead."""
        return self.until - timedelta(days=days)

    def workdays(self, first: date, last: date) -> Iterator[date]:
        """Working days from `first` to `last`, both included."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return (day for day in days if is_workday(day))

    def rng(self, name: str) -> random.Random:
        """Chance of one part of the books: a change in another part doesn't move it."""
        return random.Random(f"{self.seed}/{name}")
