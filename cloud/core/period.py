"""Period: a calendar month or year of local days, the unit in which accounts, evaluations and reports speak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cloud.core.calendar import day_start_ms, local_day

_FORM = re.compile(r"(?P<year>20\d\d)(?:-(?P<month>0[1-9]|1[0-2]))?")
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year, or a month of it; as text `2026` or `2026-10`."""

    year: int
    month: int | None = None

    def __str__(self) -> str:
        return f"{self.year}" if self.month is None else f"{self.year}-{self.month:02}"

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read the text form; anything else raises ValueError."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"not a period: {text!r}; write 2026 or 2026-10")
        return cls(int(match["year"]), int(match["month"]) if match["month"] else None)

    @classmethod
    def month_of(cls, ms: int) -> Period:
        """The local month that UTC milliseconds fall in."""
        day = local_day(ms)
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month or 1, 1)

    @property
    def end_day(self) -> date:
        """The first day after it."""
        if self.month is None or self.month == 12:
            return date(self.year + 1, 1, 1)
        return date(self.year, self.month + 1, 1)

    @property
    def days(self) -> int:
        return (self.end_day - self.first_day).days

    @property
    def start_ms(self) -> int:
        return day_start_ms(self.first_day)

    @property
    def end_ms(self) -> int:
        """UTC milliseconds, exclusive."""
        return day_start_ms(self.end_day)

    @property
    def previous(self) -> Period:
        if self.month is None:
            return Period(self.year - 1)
        return Period(self.year - 1, 12) if self.month == 1 else Period(self.year, self.month - 1)

    @property
    def year_before(self) -> Period:
        """The same month of the year before, or the year before."""
        return Period(self.year - 1, self.month)

    def months(self) -> Iterator[Period]:
        """The months it consists of; a month is its own only one."""
        for month in range(1, 13) if self.month is None else (self.month,):
            yield Period(self.year, month)
