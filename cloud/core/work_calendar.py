"""Working days of China: public holidays, the weekends worked instead, and the hours in which offices are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

import chinese_calendar

from cloud.core.calendar import to_local

OPEN_FROM, OPEN_UNTIL = time(8), time(18)
"""Local hours of a working day in which offices are open, an hour's margin included."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """`table` is what officers entered and comes first; years that nobody knows follow the plain week."""

    table: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Whether offices work on this local day."""
        if day in self.table:
            return self.table[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5

    def is_open(self, at_ms: int) -> bool:
        """Whether a time lies in the working hours of a working day."""
        local = to_local(at_ms)
        return self.is_workday(local.date()) and OPEN_FROM <= local.time() < OPEN_UNTIL
