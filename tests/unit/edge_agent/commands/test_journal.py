"""What the journal was told is there after the process is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.commands.arbiter import Entry
from edge_agent.commands.journal import EndedEntry, Journal, OpenCommand, OwnWrite, State
from foundation.disk import SystemDisk
from gateway.messages import CommandReceipt, Outcome
from tests.support.commands import SETPOINT as POINT
from tests.support.commands import command_of
from tests.support.manual_clock import ManualClock

DEVICE = "ac-1"
Reopen = Callable[..., Journal]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def reopen(tmp_path: Path, clock: ManualClock) -> Iterator[Reopen]:
    """Opens the same file as a new process would; `boot` has a monotonic clock of its own."""
    opened: list[Journal] = []

    def open_again(boot: ManualClock = clock) -> Journal:
        journal = Journal(tmp_path / "commands.db", disk=SystemDisk(), clock=boot)
        opened.append(journal)
        return journal

    yield open_again
    for journal in opened:
        journal.shut()


def receipt(name: str, command_id: str = "c-1") -> CommandReceipt:
    return CommandReceipt(name, command_id, DEVICE, POINT, Outcome.VERIFIED, "written", 24.0, 5)


def later_boot(clock: ManualClock, seconds: float) -> ManualClock:
    """The clock of a machine that started anew `seconds` of wall time later."""
    return ManualClock(now_ms=clock.now_ms() + round(seconds * 1000), monotonic_s=3.0)


def test_states_of_a_command_survive_the_process(reopen: Reopen, clock: ManualClock) -> None:
    journal = reopen()
    for number in range(1, 5):
        journal.receive(command_of(number), counts=True)
    for number in range(2, 5):
        journal.intend(command_of(number), before=22.0, lease_ends_s=clock.monotonic() + 600)
    journal.written("c-3")
    journal.close("c-4")

    boot = later_boot(clock, 100)
    again = reopen(boot)

    ends_s = boot.monotonic() + 500
    assert again.open_commands(DEVICE) == [
        OpenCommand(command_of(1), State.RECEIVED, None, None),
        OpenCommand(command_of(2), State.INTENDED, 22.0, ends_s),
        OpenCommand(command_of(3), State.WRITTEN, 22.0, ends_s),
    ]
    assert again.open_commands("other") == []
    assert all(again.is_known(f"c-{number}") for number in range(1, 5))
    assert not again.is_known("c-5")


def test_the_last_counter_is_kept_per_issuer_and_never_falls(reopen: Reopen) -> None:
    journal = reopen()
    assert journal.last_counter("cloud") == -1
    journal.receive(command_of(9), counts=True)
    journal.receive(command_of(4), counts=True)
    journal.receive(command_of(50), counts=False)
    journal.receive(command_of(7, command_id="o-7", issuer="other"), counts=True)
    again = reopen()
    assert (again.last_counter("cloud"), again.last_counter("other")) == (9, 7)


def test_the_same_command_cannot_be_entered_twice(reopen: Reopen) -> None:
    journal = reopen()
    journal.receive(command_of(1), counts=True)
    with pytest.raises(sqlite3.IntegrityError):
        journal.receive(command_of(1, counter=9), counts=True)
    assert journal.last_counter("cloud") == 1


def test_a_receipt_waits_until_the_outbox_has_it_and_can_be_repeated(reopen: Reopen) -> None:
    journal = reopen()
    for name in ("r-1", "r-2", "r-1"):
        journal.add_receipt(receipt(name))
    again = reopen()
    assert again.waiting_receipts() == [receipt("r-1"), receipt("r-2")]
    again.handed_over("r-1")
    assert again.waiting_receipts() == [receipt("r-2")]
    assert again.receipts_of("c-1") == [receipt("r-1"), receipt("r-2")]


def test_entries_holding_writes_and_override_are_recalled(reopen: Reopen, clock: ManualClock) -> None:
    journal = reopen()
    live, ended = Entry("c-1", 10, 24.0, clock.monotonic() + 600), Entry("c-2", 9, 25.0, clock.monotonic() + 60)
    journal.place_entry(DEVICE, POINT, live, 600)
    journal.place_entry(DEVICE, POINT, ended, 60)
    journal.end_entry(EndedEntry(ended, "relinquished", "c-3"))
    journal.hold(DEVICE, POINT, 24.0)
    journal.note_write(DEVICE, POINT, 2.0, keep_s=3600)
    journal.override(DEVICE, POINT, hold_s=1_000)

    boot = later_boot(clock, 50)
    memory = reopen(boot).recall(DEVICE, POINT)

    now_s = boot.monotonic()
    assert memory.entries == (Entry("c-1", 10, 24.0, now_s + 550),)
    assert memory.ended == (EndedEntry(Entry("c-2", 9, 25.0, now_s + 10), "relinquished", "c-3"),)
    assert (memory.is_held, memory.held) == (True, 24.0)
    assert memory.writes == (OwnWrite(now_s - 50, 2.0),)
    assert memory.overridden_until_s == now_s + 950


def test_nothing_is_recalled_of_a_point_never_commanded(reopen: Reopen) -> None:
    memory = reopen().recall(DEVICE, POINT)
    assert (memory.entries, memory.ended, memory.is_held, memory.writes) == ((), (), False, ())
    assert memory.overridden_until_s is None


def test_released_and_unsure_holdings_are_told_apart(reopen: Reopen) -> None:
    journal = reopen()
    journal.hold(DEVICE, POINT, None)
    assert reopen().recall(DEVICE, POINT).is_held
    journal.release(DEVICE, POINT)
    assert not reopen().recall(DEVICE, POINT).is_held


@pytest.mark.parametrize("step_s", [-(10**9), -60, 0])
def test_a_clock_set_back_over_a_restart_never_lengthens_a_lease(
    reopen: Reopen, clock: ManualClock, step_s: int
) -> None:
    journal = reopen()
    journal.place_entry(DEVICE, POINT, Entry("c-1", 10, 24.0, clock.monotonic() + 600), 600)
    journal.note_write(DEVICE, POINT, 2.0, keep_s=3600)
    boot = later_boot(clock, step_s)
    memory = reopen(boot).recall(DEVICE, POINT)
    assert memory.entries[0].lease_ends_s == boot.monotonic() + 600
    assert memory.writes == (OwnWrite(boot.monotonic(), 2.0),)


def test_a_clock_set_ahead_over_a_restart_ends_the_lease(reopen: Reopen, clock: ManualClock) -> None:
    reopen().place_entry(DEVICE, POINT, Entry("c-1", 10, 24.0, clock.monotonic() + 600), 600)
    boot = later_boot(clock, 10**9)
    assert reopen(boot).recall(DEVICE, POINT).entries[0].lease_ends_s < boot.monotonic()


def test_a_transaction_keeps_all_or_nothing(reopen: Reopen) -> None:
    journal = reopen()
    journal.receive(command_of(1), counts=True)

    def crash_halfway() -> None:
        with journal.transaction():
            journal.hold(DEVICE, POINT, 24.0)
            journal.close("c-1")
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash_halfway()
    again = reopen()
    assert not again.recall(DEVICE, POINT).is_held
    assert len(again.open_commands(DEVICE)) == 1


def test_pruning_keeps_the_newest_and_everything_still_open_or_in_force(reopen: Reopen, clock: ManualClock) -> None:
    journal = reopen()
    for number in range(1, 21):
        journal.receive(command_of(number), counts=True)
        journal.add_receipt(receipt(f"r-{number}", f"c-{number}"))
        if number != 2:
            journal.close(f"c-{number}")
        if number != 3:
            journal.handed_over(f"r-{number}")
    journal.place_entry(DEVICE, POINT, Entry("c-1", 10, 24.0, clock.monotonic() + 600), 600)

    journal.prune(keep=5)

    known = [number for number in range(1, 21) if journal.is_known(f"c-{number}")]
    assert known == [1, 2, 16, 17, 18, 19, 20]
    assert [one.receipt_id for one in journal.waiting_receipts()] == ["r-3"]
    assert journal.receipts_of("c-4") == []
    assert journal.last_counter("cloud") == 20


def test_old_writes_are_forgotten(reopen: Reopen, clock: ManualClock) -> None:
    journal = reopen()
    for _ in range(10):
        journal.note_write(DEVICE, POINT, 2.0, keep_s=100)
        clock.advance(60)
    assert len(journal.recall(DEVICE, POINT).writes) == 2


def test_what_was_noted_in_1970_is_as_old_after_the_first_synchronisation_and_a_restart(reopen: Reopen) -> None:
    clock = ManualClock(now_ms=300_000, monotonic_s=300.0)
    journal = reopen(clock)
    journal.note_write(DEVICE, POINT, 2.0, keep_s=3_600)
    journal.override(DEVICE, POINT, hold_s=3_600)
    clock.advance(100)
    shift_ms = 1_790_000_000_000 - clock.now_ms()
    clock.set_wall(1_790_000_000_000)
    journal.clock_moved(shift_ms)
    clock.advance(50)
    memory = reopen(clock).recall(DEVICE, POINT)
    assert memory.writes == (OwnWrite(300.0, 2.0),)
    assert memory.overridden_until_s == 3_900.0


def test_a_shift_leaves_alone_what_an_earlier_run_of_the_machine_noted_by_a_right_clock(reopen: Reopen) -> None:
    earlier = ManualClock()
    reopen(earlier).note_write(DEVICE, POINT, 2.0, keep_s=3_600)
    reopen(earlier).override(DEVICE, "Other", hold_s=3_600)
    slow = ManualClock(now_ms=earlier.now_ms() - 7_200_000, monotonic_s=60.0)
    journal = reopen(slow)
    slow.set_wall(earlier.now_ms() + 600_000)
    journal.clock_moved(7_800_000)
    again = reopen(slow)
    assert again.recall(DEVICE, POINT).writes == (OwnWrite(60.0 - 600, 2.0),)
    assert again.recall(DEVICE, "Other").overridden_until_s == 60.0 + 3_000


def test_what_a_run_without_any_time_noted_counts_once_from_the_next_start(reopen: Reopen) -> None:
    lost = ManualClock(now_ms=300_000, monotonic_s=300.0)
    reopen(lost).note_write(DEVICE, POINT, 2.0, keep_s=3_600)
    reopen(lost).override(DEVICE, POINT, hold_s=900)
    boot = ManualClock()
    for _ in range(2):
        memory = reopen(boot).recall(DEVICE, POINT)
        assert memory.writes == (OwnWrite(1_000.0, 2.0),)
        assert memory.overridden_until_s == 1_900.0
        boot.advance(100)
