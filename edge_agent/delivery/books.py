"""The durable counters of the outbox: what was accepted and what was given up, by kind and reason.

Functions over the outbox's connection; they belong into its transactions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from edge_agent.delivery.rows import CHOICE, DROP_ORDER, Kind, NewRow

REMEMBERED = 200_000
"""Row numbers back from the newest dropped one for which a late acknowledgement still counts."""
_COUNT = "INSERT INTO counter VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET amount = amount + excluded.amount"
_ACQUIRED, _DROPPED, _FACTS = "acquired", "dropped:", "facts:"

LeftOut = Mapping[Kind, int]
"""Amounts that never reached the file, by kind."""


def count_accepted(database: sqlite3.Connection, rows: Sequence[NewRow]) -> None:
    """Enter new rows: measured ones by their readings, events and receipts by their number."""
    _count(database, _ACQUIRED, sum(row.readings for row in rows))
    for kind in (Kind.EVENT, Kind.RECEIPT):
        if number := sum(row.rank is kind for row in rows):
            _count(database, _FACTS + kind.book, number)


def count_left_out(database: sqlite3.Connection, amounts: LeftOut, reason: str) -> None:
    """Enter what was accepted from the devices but given up before the file could take it."""
    for kind, amount in amounts.items():
        _count(database, _FACTS + kind.book if kind >= Kind.EVENT else _ACQUIRED, amount)
        _count(database, f"{_DROPPED}{kind.book}:{reason}", amount)


def drop(database: sqlite3.Connection, spools: Collection[int], reason: str, *, sent_through: int) -> int:
    """Delete rows and count them; those up to `sent_through` may be stored and are remembered. How many went."""
    gone = 0
    for spool in spools:
        found = database.execute("DELETE FROM row WHERE spool=? RETURNING kind, readings", (spool,)).fetchone()
        if found is None:
            continue
        kind = Kind(found[0])
        name, amount = f"{kind.book}:{reason}", kind.amount(int(found[1]))
        if spool <= sent_through:
            database.execute("INSERT INTO dropped VALUES(?, ?, ?)", (spool, amount, name))
        _count(database, _DROPPED + name, amount)
        gone += 1
    if gone:
        database.execute("DELETE FROM dropped WHERE spool <= (SELECT max(spool) FROM dropped) - ?", (REMEMBERED,))
    return gone


def lowest(database: sqlite3.Connection, count: int, *, no_readings_to: int = 0) -> list[int]:
    """The rows to give up next: the oldest of the kind that matters least; no readings are numbered so low."""
    found: list[int] = []
    for kind in DROP_ORDER:
        of_kind = f"SELECT spool FROM row WHERE {CHOICE[kind]} AND spool>? ORDER BY spool LIMIT ?"  # noqa: S608
        after = no_readings_to if kind is Kind.READINGS else 0
        rows = database.execute(of_kind, (after, count - len(found)))
        found += [spool for (spool,) in rows.fetchall()]
        if len(found) == count:
            break
    return found


def acknowledge_late(database: sqlite3.Connection, first: int, last: int) -> None:
    """Rows that were dropped are stored after all: take them out of the count."""
    late = database.execute(
        "DELETE FROM dropped WHERE spool BETWEEN ? AND ? RETURNING amount, reason", (first, last)
    ).fetchall()
    for amount, name in late:
        _count(database, _DROPPED + name, -amount)


def acquired(counters: Mapping[str, int]) -> int:
    return counters.get(_ACQUIRED, 0)


def facts(counters: Mapping[str, int]) -> dict[str, int]:
    """Events and receipts ever accepted."""
    return {name.removeprefix(_FACTS): amount for name, amount in counters.items() if name.startswith(_FACTS)}


def dropped_by_kind(counters: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """`{book: {reason: amount}}` of the counters of an outbox file."""
    found: dict[str, dict[str, int]] = {}
    for name, amount in counters.items():
        if name.startswith(_DROPPED):
            book, _, reason = name.removeprefix(_DROPPED).partition(":")
            found.setdefault(book, {})[reason] = amount
    return found


def dropped_readings(counters: Mapping[str, int]) -> dict[str, int]:
    """Readings given up by reason, whether live or of an import."""
    found: dict[str, int] = {}
    for book, reasons in dropped_by_kind(counters).items():
        if book in {Kind.READINGS.book, Kind.HISTORY.book}:
            for reason, amount in reasons.items():
                found[reason] = found.get(reason, 0) + amount
    return found


def _count(database: sqlite3.Connection, name: str, amount: int) -> None:
    database.execute(_COUNT, (name, amount))
