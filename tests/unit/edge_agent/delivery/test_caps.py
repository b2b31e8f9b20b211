"""What a full outbox gives up: history first, receipts last, every row of it counted."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, lists, sampled_from, tuples

from edge_agent.delivery.outbox import Kind, Lane, NewRow, Outbox, OutboxCounts
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from gateway.stream import RangeSet

Open = Callable[..., Outbox]
BODIES = random.Random(1)


@pytest.fixture
def open_outbox(tmp_path: Path) -> Open:
    def opened(**caps: int) -> Outbox:
        return Outbox(tmp_path / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), **{"max_rows": 10**6, **caps})

    return opened


def row(kind: Kind, readings: int = 2, size: int = 8) -> NewRow:
    body = BODIES.randbytes(size)
    measured = readings if kind < Kind.EVENT else 0
    return NewRow("a", body, measured, Lane.HISTORY if kind is Kind.HISTORY else Lane.LIVE, kind)


def kinds(outbox: Outbox) -> list[Kind]:
    found = outbox._database.execute("SELECT kind FROM row ORDER BY spool").fetchall()
    return [Kind(one) for (one,) in found]


def test_history_goes_first_then_readings_then_events_and_receipts_last(open_outbox: Open) -> None:
    outbox = open_outbox(max_rows=4)
    outbox.put([row(Kind.RECEIPT), row(Kind.EVENT), row(Kind.READINGS), row(Kind.HISTORY)], now_ms=1)
    seen = []
    for _ in range(4):
        outbox.put([row(Kind.RECEIPT)], now_ms=1)
        seen.append(kinds(outbox))
    assert [Kind.HISTORY in one for one in seen] == [False] * 4
    assert [Kind.READINGS in one for one in seen] == [True, False, False, False]
    assert [Kind.EVENT in one for one in seen] == [True, True, False, False]
    counts = outbox.counts()
    assert counts.dropped_by_kind == {
        "history": {"full": 2}, "readings": {"full": 2}, "events": {"full": 1}, "receipts": {"full": 1},
    }  # fmt: skip
    assert (counts.dropped, counts.facts) == ({"full": 4}, {"events": 1, "receipts": 5})
    outbox.close()


def test_the_cap_in_bytes_holds_and_keeps_the_newest(open_outbox: Open) -> None:
    outbox = open_outbox(max_bytes=1_000_000)
    for _ in range(60):
        outbox.put([row(Kind.READINGS, size=1_000) for _ in range(40)], now_ms=1)
        assert outbox.backlog().used_bytes <= 1_000_000
    counts = outbox.counts()
    assert counts.rows > 500
    assert counts.acquired == counts.readings + counts.dropped["full"]
    assert outbox.rows_after(Lane.LIVE, 0, limit=1)[0].spool == 2_400 - counts.rows + 1
    outbox.close()


def test_rows_grow_old_by_hours_of_running_not_by_the_wall_clock(open_outbox: Open) -> None:
    outbox = open_outbox()
    for hour in range(5):
        outbox.put([row(Kind.READINGS)], now_ms=10**13 * (hour % 2))
        outbox.hour_passed(3)
    counts = outbox.counts()
    assert (counts.rows, counts.dropped) == (3, {"old": 4})
    outbox.hour_passed(None)
    assert outbox.counts().rows == 3
    outbox.close()


def test_what_never_reached_the_file_is_counted_with_the_next_rows(open_outbox: Open) -> None:
    outbox = open_outbox()
    outbox.put([row(Kind.READINGS)], now_ms=1, left_out={Kind.READINGS: 7, Kind.EVENT: 2})
    counts = outbox.counts()
    assert (counts.acquired, counts.readings, counts.dropped, counts.facts) == (9, 2, {"memory": 7}, {"events": 2})
    assert counts.dropped_by_kind["events"] == {"memory": 2}
    outbox.close()


@settings(max_examples=25, deadline=None)
@given(
    lists(tuples(lists(sampled_from(list(Kind)), max_size=8), integers(1, 60), integers(0, 10)), max_size=12),
    integers(5, 20),
)
def test_everything_accepted_is_freed_waits_or_is_counted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[list[Kind], int, int]], most: int
) -> None:
    path = tmp_path_factory.mktemp("caps") / "outbox.db"
    outbox = Outbox(path, disk=SystemDisk(), rng=SeededRng(1), max_rows=most)
    given_rows: list[Kind] = []
    stored = RangeSet()
    for put, first, length in steps:
        outbox.put([row(kind) for kind in put], now_ms=1)
        given_rows += put
        outbox.rows_after(Lane.LIVE, 0, limit=99)
        outbox.rows_after(Lane.HISTORY, 0, limit=99)
        outbox.free([(first, first + length)])
        if first <= len(given_rows):
            stored.add(first, min(first + length, len(given_rows)))
        check_books(outbox.counts(), given_rows, stored, outbox)
    outbox.close()


def check_books(counts: OutboxCounts, given_rows: list[Kind], stored: RangeSet, outbox: Outbox) -> None:
    waiting = {one.spool for lane in Lane for one in outbox.rows_after(lane, 0, limit=99)}
    for kind in Kind:
        spools = {place for place, one in enumerate(given_rows, 1) if one is kind}
        dropped = sum(counts.dropped_by_kind.get(kind.book, {}).values())
        # A row that its own put dropped was never sent, so nobody can have stored it.
        never_sent = {one for one in spools if one in stored and one not in waiting}
        amount = kind.amount(2)
        assert amount * len(spools - waiting - never_sent) <= dropped <= amount * len(spools - waiting)


def test_rows_of_readings_are_found_behind_any_number_of_others(open_outbox: Open) -> None:
    outbox = open_outbox()
    outbox.put([row(Kind.HISTORY) for _ in range(50)], now_ms=1)
    assert outbox.rows_after(Lane.LIVE, 0, limit=9) == []
    outbox.put([row(Kind.READINGS, size=99), row(Kind.HISTORY), row(Kind.EVENT), row(Kind.READINGS)], now_ms=1)
    assert [one.spool for one in outbox.rows_after(Lane.LIVE, 0, limit=2)] == [51, 53]
    assert [one.spool for one in outbox.rows_after(Lane.LIVE, 0, limit=9)] == [51, 53, 54]
    assert [one.spool for one in outbox.rows_after(Lane.LIVE, 51, until=53, limit=9)] == [53]
    assert [one.spool for one in outbox.rows_after(Lane.LIVE, 10, limit=9)] == [51, 53, 54]
    outbox.close()


def test_bodies_and_devices_come_back_from_their_packed_form(open_outbox: Open) -> None:
    outbox = open_outbox()
    bodies = [BODIES.randbytes(200) + b"Power/Active/Total" * 9 for _ in range(20)]
    outbox.put([NewRow(f"meter-{place % 3}", body, 1) for place, body in enumerate(bodies)], now_ms=7)
    outbox.close()
    again = open_outbox()
    found = again.rows_after(Lane.LIVE, 0, limit=99)
    assert [(one.device, one.body, one.put_ms) for one in found] == [
        (f"meter-{place % 3}", body, 7) for place, body in enumerate(bodies)
    ]
    again.rewrite(5, lambda body: body + b"!", 3)
    found = again.rows_after(Lane.LIVE, 4, limit=2)
    assert [(one.device, one.body, one.put_ms) for one in found] == [
        ("meter-1", bodies[4], 7),
        ("meter-2", bodies[5] + b"!", 10),
    ]
    again.close()


def test_a_file_of_the_first_form_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    old = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        "CREATE TABLE row(spool INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, device TEXT NOT NULL, "
        "readings INTEGER NOT NULL, put_ms INTEGER NOT NULL, body BLOB NOT NULL)",
        "CREATE INDEX row_by_lane ON row(lane, spool)",
        "CREATE TABLE counter(name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE dropped(spool INTEGER PRIMARY KEY, readings INTEGER NOT NULL, reason TEXT NOT NULL)",
        "CREATE TABLE imported(digest TEXT PRIMARY KEY, name TEXT, lines INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO meta VALUES('stream', 's')",
        "INSERT INTO row VALUES(4, 0, 'a', 3, 9, x'12'), (5, 1, 'a', 2, 9, x'12'), (6, 0, 'node', 0, 9, x'12')",
        "INSERT INTO counter VALUES('acquired', 9), ('dropped:full', 4)",
        "INSERT INTO dropped VALUES(2, 4, 'full')",
    ):
        old.execute(statement)
    old.close()
    outbox = Outbox(path, disk=SystemDisk(), rng=SeededRng(1), max_rows=10)
    counts = outbox.counts()
    assert (counts.stream, counts.acquired, counts.dropped, counts.readings) == ("s", 9, {"full": 4}, 5)
    assert [one.spool for one in outbox.rows_after(Lane.LIVE, 0, limit=9)] == [4, 6]
    outbox.free([(2, 2)])
    assert outbox.counts().dropped == {"full": 0}
    outbox.close()
