"""What makes two examinations see the same occurrence, and how lists and days are told in a finding."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from cloud.core.calendar import to_local

MOST_NAMED = 10
"""More names than an office can act on at once are counted, not listed."""

UNKNOWN = "—"


def fingerprint(names: Iterable[str]) -> str:
    """Short and equal for the same set of names, whatever their order."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def listed(names: Collection[str]) -> str:
    """The names in order, at most ten of them: `A-1, A-2 … (+3)`."""
    first = ", ".join(sorted(names)[:MOST_NAMED])
    return first if len(names) <= MOST_NAMED else f"{first} … (+{len(names) - MOST_NAMED})"


def run_of(days: Sequence[tuple[date, bool | None]]) -> tuple[int, str]:
    """How many of the last days in a row hold a condition, and a name of that run which does not move.

    Days are in order, an unknown one is passed over. A run that fills all that was looked at is named by its month,
    since its first day is out of sight.
    """
    length, first = 0, None
    for day, holds in reversed(days):
        if holds is False:
            return length, str(first)
        if holds:
            length, first = length + 1, day
    return length, f"all of {days[-1][0]:%Y-%m}" if days else ""


def told(value: object) -> Any:
    """A value as a finding's data holds it: days as text, what is unknown as a dash."""
    if value is None:
        return UNKNOWN
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def moment(at_ms: int) -> str:
    """Local date and time to the minute."""
    return to_local(at_ms).strftime("%Y-%m-%d %H:%M")
