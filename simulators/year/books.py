"""Books: the rows of every kind of record while the year is being written, and the faults planted in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Value = str | int | float | Decimal | bool | date | datetime | None
"""Money is Decimal yuan, a day a date, a time a naive local datetime; None is an empty cell."""


@dataclass(eq=False)
class Row:
    """One row of a book; its place in the file is known only once the book is sorted."""

    kind: str
    values: dict[str, Value]


@dataclass(frozen=True)
class Planted:
    """A fault that a watchful office should find: the rule of the risk library, whom it concerns, and where it is."""

    rule: str
    subject: str
    when: date
    rows: tuple[Row, ...]
    facts: Mapping[str, Any]


@dataclass
class Books:
    """Rows by kind, and what was planted."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    planted: list[Planted] = field(default_factory=list)

    def add(self, kind: str, **values: Value) -> Row:
        """Enter a row and return it, so that it may be named or changed later."""
        row = Row(kind, values)
        self.rows.setdefault(kind, []).append(row)
        return row

    def plant(self, rule: str, subject: str, when: date, rows: Iterable[Row] = (), **facts: Any) -> None:
        """Remember a fault that stands in `rows`."""
        self.planted.append(Planted(rule, subject, when, tuple(rows), facts))

    def sort(self, kind: str, *fields: str) -> None:
        """Put a book in the order in which an office keeps it; the fields given are never empty."""
        self.rows[kind].sort(key=lambda row: tuple(row.values[name] for name in fields))
