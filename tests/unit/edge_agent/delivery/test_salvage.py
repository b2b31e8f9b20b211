"""What a damaged outbox still holds comes into its successor: once, marked as history, counted."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge_agent.delivery.outbox import Kind, Lane, NewRow, Outbox
from edge_agent.delivery.salvage import Salvage
from foundation.damage import damaged_files, set_aside_if_damaged
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from gateway.messages import NODE_SUBJECT, DeviceEvent, DeviceMessage, Reading
from gateway.row_reader import read_row
from gateway.sparkplug.codec import parse
from gateway.sparkplug.vocabulary import row_body
from tests.support.manual_clock import ManualClock
from tests.support.waiting import until

ROWS, PER_ROW, FACT_EVERY = 4_000, 3, 10


def open_outbox(path: Path) -> Outbox:
    return Outbox(path, disk=SystemDisk(), rng=SystemRng(), max_rows=1_000_000)


def new(number: int) -> NewRow:
    if number % FACT_EVERY == 0:
        event = DeviceEvent(f"e{number}", "camera.review", "cam", number)
        return NewRow(NODE_SUBJECT, row_body(DeviceMessage(NODE_SUBJECT, event=event)), 0, kind=Kind.EVENT)
    readings = tuple(Reading(f"Point/{n}", float(number * n), 1_790_000_000_000 + number) for n in range(PER_ROW))
    return NewRow("a-main", row_body(DeviceMessage("a-main", readings)), PER_ROW)


def damaged(folder: Path) -> Path:
    """An outbox of ROWS rows with eight pages in its middle gone, set aside."""
    path = folder / "outbox.db"
    outbox = open_outbox(path)
    outbox.put([new(number) for number in range(1, ROWS + 1)], now_ms=1_790_000_000_000)
    outbox.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 8_192 * 4_096
    content[middle : middle + 8 * 4_096] = bytes(8 * 4_096)
    path.write_bytes(content)
    assert set_aside_if_damaged(path, ManualClock()) is not None
    return path


async def test_rows_are_brought_over_once_marked_as_history(tmp_path: Path) -> None:
    path, clock, told = damaged(tmp_path), ManualClock(is_eager=True), list[None]()
    outbox = open_outbox(path)
    for _ in range(2):
        await Salvage(path, outbox, clock, lambda: told.append(None)).run()
    assert len(told) == 1
    history = outbox.rows_after(Lane.HISTORY, 0, limit=ROWS)
    values = [read_row(parse(row.body), {}, {}).readings[1].value for row in history]
    assert values == sorted(set(values))
    assert all(metric.is_historical for row in history for metric in parse(row.body).metrics)
    facts = outbox.rows_after(Lane.LIVE, 0, limit=ROWS)
    counts = outbox.counts()
    assert ROWS // 2 < len(history) + len(facts) < ROWS
    assert (counts.acquired, counts.facts["events"]) == (PER_ROW * len(history), len(facts))
    outbox.close()


async def test_a_stop_in_the_middle_repeats_and_skips_nothing(tmp_path: Path) -> None:
    path, clock = damaged(tmp_path), ManualClock(is_eager=True)
    for _ in range(3):  # three lives, each ended early
        outbox = open_outbox(path)
        assert Salvage(path, outbox, clock).step(damaged_files(path)[0]) is not None
        outbox.close()
    outbox = open_outbox(path)
    await Salvage(path, outbox, clock).run()
    whole = open_outbox(tmp_path / "other.db")
    damaged_files(path)[0].rename(tmp_path / "other.db.damaged-x")
    await Salvage(tmp_path / "other.db", whole, clock).run()
    assert outbox.counts().rows == whole.counts().rows
    assert outbox.counts().acquired == whole.counts().acquired
    outbox.close()
    whole.close()


async def test_a_file_of_which_nothing_can_be_read_ends_the_search(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.with_name("outbox.db.damaged-1").write_bytes(b"\0" * 9_000)
    outbox = open_outbox(path)
    await Salvage(path, outbox, ManualClock(is_eager=True)).run()
    assert outbox.counts().rows == 0
    outbox.close()


async def test_a_full_disk_makes_salvage_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, clock = damaged(tmp_path), ManualClock(is_eager=True)
    outbox, refusals = open_outbox(path), [3]
    accept = outbox.put_imported

    def refuse(*given: object, **named: object) -> None:
        if refusals[0]:
            refusals[0] -= 1
            raise sqlite3.OperationalError("database or disk is full")
        accept(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "put_imported", refuse)
    await Salvage(path, outbox, clock).run()
    await until(lambda: refusals[0] == 0)
    assert outbox.counts().rows > ROWS // 2
    outbox.close()
