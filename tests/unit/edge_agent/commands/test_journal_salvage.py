"""A damaged command journal: what can be read still holds, is still given back and is still refused a second time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.commands.arbiter import Entry
from edge_agent.commands.journal import Journal
from edge_agent.commands.journal_salvage import salvage_journal
from foundation.damage import set_aside_if_damaged
from foundation.disk import SystemDisk
from gateway.messages import CommandReceipt, Outcome
from tests.support.commands import SETPOINT as POINT
from tests.support.commands import command_of
from tests.support.manual_clock import ManualClock

DEVICE = "ac-1"
CLOSED = 120


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def opened(path: Path, clock: ManualClock) -> Journal:
    return Journal(path, disk=SystemDisk(), clock=clock)


def fill(path: Path, clock: ManualClock) -> None:
    """Much that is over, and one of everything that is not."""
    journal = opened(path, clock)
    journal.place_entry(DEVICE, POINT, Entry("c-1", 10, 24.0, clock.monotonic() + 600), 600)
    journal.hold(DEVICE, POINT, 24.0)
    journal.note_write(DEVICE, POINT, 1.0, keep_s=3600)
    journal.override(DEVICE, "Switch", hold_s=900)
    with journal.transaction():
        journal.add_receipt(CommandReceipt("waits", "c-1", DEVICE, POINT, Outcome.VERIFIED, "written", 24.0, 5))
    for number in range(2, CLOSED):
        journal.receive(command_of(number), counts=True)
        journal.close(f"c-{number}")
    journal.receive(command_of(CLOSED), counts=True)
    journal.intend(command_of(CLOSED), before=20.0, lease_ends_s=clock.monotonic() + 600)
    journal.shut()


def lose_the_tail(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])


def test_what_is_readable_is_taken_over_once(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "commands.db"
    fill(path, clock)
    lose_the_tail(path)
    assert set_aside_if_damaged(path, clock) is not None
    taken = salvage_journal(path, disk=SystemDisk(), clock=clock)
    assert taken > 0
    assert salvage_journal(path, disk=SystemDisk(), clock=clock) == 0
    journal = opened(path, clock)
    memory = journal.recall(DEVICE, POINT)
    assert [entry.value for entry in memory.entries] == [24.0]
    assert (memory.is_held, memory.held, len(memory.writes)) == (True, 24.0, 1)
    assert journal.recall(DEVICE, "Switch").overridden_until_s is not None
    assert journal.last_counter("cloud") == CLOSED
    assert [one.receipt_id for one in journal.waiting_receipts()] == ["waits"]
    journal.shut()


def test_what_is_not_whole_in_form_is_left(tmp_path: Path, clock: ManualClock) -> None:
    path, damaged = tmp_path / "commands.db", tmp_path / "commands.db.damaged-1"
    journal = opened(damaged, clock)
    journal.receive(command_of(1), counts=True)
    journal.receive(command_of(2), counts=True)
    journal.hold(DEVICE, POINT, 24.0)
    journal.hold(DEVICE, "Other", 25.0)
    journal.shut()
    with closing(sqlite3.connect(damaged, isolation_level=None)) as database:
        database.execute("UPDATE command SET body = X'FF00' WHERE command_id = 'c-1'")
        database.execute("UPDATE held SET value = 'warm' WHERE point = 'Other'")
        database.execute("UPDATE issuer SET counter = 'many'")
    salvage_journal(path, disk=SystemDisk(), clock=clock)
    journal = opened(path, clock)
    assert [one.command.command_id for one in journal.open_commands(DEVICE)] == ["c-2"]
    assert journal.recall(DEVICE, POINT).is_held
    assert not journal.recall(DEVICE, "Other").is_held
    assert journal.last_counter("cloud") == -1
    journal.shut()


def test_a_journal_of_which_nothing_is_left_is_a_new_one(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "commands.db"
    (tmp_path / "commands.db.damaged-1").write_bytes(bytes(50_000))
    assert salvage_journal(path, disk=SystemDisk(), clock=clock) == 0
    journal = opened(path, clock)
    assert journal.open_commands(DEVICE) == []
    journal.shut()
    assert salvage_journal(tmp_path / "never" / "commands.db", disk=SystemDisk(), clock=clock) == 0
