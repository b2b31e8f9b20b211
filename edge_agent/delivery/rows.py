"""What the outbox keeps, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Lane(IntEnum):
    """LIVE rows go first; HISTORY rows are marked is_historical when they are made."""

    LIVE = 0
    HISTORY = 1


class Kind(IntEnum):
    """What a row holds; the numbers stand in the file."""

    READINGS = 0
    HISTORY = 1
    EVENT = 2
    RECEIPT = 3

    @property
    def book(self) -> str:
        """The name under which rows of this kind are counted."""
        return ("readings", "history", "events", "receipts")[self]

    def amount(self, readings: int) -> int:
        """How a row counts: measured rows by their readings, events and receipts one by one."""
        return 1 if self >= Kind.EVENT else readings


DROP_ORDER = (Kind.HISTORY, Kind.READINGS, Kind.EVENT, Kind.RECEIPT)
"""What is given up first when there is no more room."""
LIVE_KINDS = (Kind.READINGS, Kind.EVENT, Kind.RECEIPT)
CHOICE = {kind: "kind=0" if kind is Kind.READINGS else f"kind<>0 AND kind={int(kind)}" for kind in Kind}
"""Terms that choose the rows of a kind in a query; by `kind<>0` SQLite recognises the index of the other kinds."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to put: `readings` is how many measured values its body holds; `kind` is of rows in the live lane."""

    device: str
    body: bytes
    readings: int
    lane: Lane = Lane.LIVE
    kind: Kind = Kind.READINGS

    @property
    def rank(self) -> Kind:
        """The kind, with the lane in it."""
        return Kind.HISTORY if self.lane is Lane.HISTORY else self.kind

    @property
    def amount(self) -> int:
        return self.rank.amount(self.readings)


@dataclass(frozen=True, slots=True)
class StoredRow:
    spool: int
    device: str
    put_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may wait: rows, and bytes of the file in use."""

    rows: int
    used_bytes: int = 2**62


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Readings ever accepted and dropped by reason (durable counters), and what waits now (counted from the rows).

    `history_rows` are those of `rows` that an import brought. `dropped_by_kind` is `{book: {reason: amount}}`, of
    events and receipts in rows; `facts` are the rows of events and receipts ever accepted, by book.
    """

    stream: str
    acquired: int
    dropped: Mapping[str, int]
    rows: int
    readings: int
    history_rows: int
    dropped_by_kind: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows that wait, the bytes in use, since when the oldest waits, and readings dropped ever."""

    rows: int
    used_bytes: int
    oldest_ms: int | None
    dropped: int
