"""Wall times in the command journal that were stamped before the clock was right: our own writes, the hand's hold.

Leases are left alone: a clock that went ahead ends them early, which is the safe side.
"""

from __future__ import annotations

import sqlite3

from foundation.steady_clock import EARLIEST_MS

_ROUNDING_MS = 1


def shift(database: sqlite3.Connection, shift_ms: int, *, now_ms: int, began_ms: int) -> None:
    """Bring what was stamped between the machine's start and now, both by the old scale, to the new one."""
    span = (began_ms - _ROUNDING_MS, now_ms + _ROUNDING_MS)
    database.execute("UPDATE own_change SET at_ms = at_ms + ? WHERE at_ms BETWEEN ? AND ?", (shift_ms, *span))
    database.execute(
        "UPDATE override SET until_ms = until_ms + ? WHERE until_ms - hold_s * 1000 BETWEEN ? AND ?", (shift_ms, *span)
    )


def date_guessed(database: sqlite3.Connection, *, now_ms: int) -> None:
    """What an earlier run of the machine stamped without ever learning the time counts from now: the safe side."""
    database.execute("UPDATE own_change SET at_ms = ?1 WHERE at_ms < ?2", (now_ms, EARLIEST_MS))
    database.execute(
        "UPDATE override SET until_ms = ?1 + CAST(round(hold_s * 1000) AS INTEGER) WHERE until_ms < ?2",
        (now_ms, EARLIEST_MS),
    )
