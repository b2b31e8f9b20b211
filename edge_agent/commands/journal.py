"""Remembers through any crash what was ordered, what may have been written and what still holds.

An intent is journalled before its write. One that has no end after a restart is unknown: it is resolved by reading
the device back, never by writing again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge_agent.commands.arbiter import Entry
from edge_agent.commands.journal_times import date_guessed, shift
from foundation.clock import Clock
from foundation.disk import Disk, transaction
from foundation.steady_clock import is_plausible
from gateway.envelope import decode_command, encode_command
from gateway.messages import Command, CommandReceipt
from gateway.sparkplug.vocabulary import read_receipt, receipt_text

KEPT_COMMANDS = 10_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS command (
    place INTEGER PRIMARY KEY AUTOINCREMENT, command_id TEXT NOT NULL UNIQUE, device TEXT NOT NULL,
    body BLOB NOT NULL, state TEXT NOT NULL, before REAL, lease_ends_ms INTEGER);
CREATE INDEX IF NOT EXISTS open_command ON command (state) WHERE state <> 'closed';
CREATE TABLE IF NOT EXISTS issuer (issuer TEXT PRIMARY KEY, counter INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS receipt (
    place INTEGER PRIMARY KEY AUTOINCREMENT, receipt_id TEXT NOT NULL UNIQUE, command_id TEXT NOT NULL,
    body TEXT NOT NULL, is_handed_over INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS receipt_of_command ON receipt (command_id);
CREATE INDEX IF NOT EXISTS waiting_receipt ON receipt (place) WHERE is_handed_over = 0;
CREATE TABLE IF NOT EXISTS entry (
    command_id TEXT PRIMARY KEY, device TEXT NOT NULL, point TEXT NOT NULL, priority INTEGER NOT NULL,
    value REAL NOT NULL, lease_s REAL NOT NULL, lease_ends_ms INTEGER NOT NULL, ended TEXT, relinquished_by TEXT);
CREATE TABLE IF NOT EXISTS held (device TEXT, point TEXT, value REAL, PRIMARY KEY (device, point));
CREATE TABLE IF NOT EXISTS own_change (
    device TEXT NOT NULL, point TEXT NOT NULL, at_ms INTEGER NOT NULL, moved REAL NOT NULL);
CREATE TABLE IF NOT EXISTS override (
    device TEXT, point TEXT, hold_s REAL NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY (device, point));
"""


class State(StrEnum):
    """RECEIVED: nothing written yet; INTENDED: perhaps written; WRITTEN: the device confirmed; CLOSED: has its end."""

    RECEIVED = "received"
    INTENDED = "intended"
    WRITTEN = "written"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A journalled command without an end; `before` is the value found ahead of the write."""

    command: Command
    state: State
    before: float | None
    lease_ends_s: float | None


@dataclass(frozen=True, slots=True)
class EndedEntry:
    """An entry whose time is over but whose point is not yet released; `relinquished_by` names the order, if any."""

    entry: Entry
    reason: str
    relinquished_by: str | None = None


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """One write of ours: when (monotonic), and how far it moved the value (base unit)."""

    at_s: float
    moved: float


@dataclass(frozen=True, slots=True)
class PointMemory:
    """What a restart finds of one point. `is_held` with `held` None: our write may be in the device, value unsure."""

    entries: tuple[Entry, ...]
    ended: tuple[EndedEntry, ...]
    is_held: bool
    held: float | None
    writes: tuple[OwnWrite, ...]
    overridden_until_s: float | None


class Journal:
    """The file `commands.db`. Single calls commit by themselves; `transaction()` joins several into one commit.

    Monotonic times are kept as wall times: a lease read back never lasts longer than it was granted, and a clock
    that went ahead ends it early, which is the safe side.
    """

    def __init__(self, path: Path, *, disk: Disk, clock: Clock) -> None:
        self._database = disk.open_database(path)
        self._database.executescript(_SCHEMA)
        self._clock = clock
        now_ms = clock.now_ms()
        if is_plausible(now_ms):
            # On a full disk the next start does it.
            with contextlib.suppress(sqlite3.OperationalError), self.transaction():
                date_guessed(self._database, now_ms=now_ms)

    def transaction(self) -> AbstractContextManager[None]:
        """All calls inside are committed together or not at all."""
        return transaction(self._database)

    def receive(self, command: Command, *, counts: bool) -> None:
        """Enter an authentic command; with `counts` its counter is now the issuer's last."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO command (command_id, device, body, state) VALUES (?, ?, ?, ?)",
                (command.command_id, command.device, encode_command(command), State.RECEIVED),
            )
            if counts:
                self._database.execute(
                    "INSERT INTO issuer VALUES (?1, ?2) ON CONFLICT DO UPDATE SET counter = max(counter, ?2)",
                    (command.issuer, command.counter),
                )

    def intend(self, command: Command, *, before: float | None, lease_ends_s: float) -> None:
        """What is about to be written; must be committed before the write."""
        self._database.execute(
            "UPDATE command SET state = ?, before = ?, lease_ends_ms = ? WHERE command_id = ?",
            (State.INTENDED, before, self._wall_ms(lease_ends_s), command.command_id),
        )

    def written(self, command_id: str) -> None:
        """The device confirmed the write."""
        self._set_state(command_id, State.WRITTEN)

    def close(self, command_id: str) -> None:
        """The command has its end."""
        self._set_state(command_id, State.CLOSED)

    def is_known(self, command_id: str) -> bool:
        """Whether a command of that id was ever received (and is not among those pruned)."""
        found = self._database.execute("SELECT 1 FROM command WHERE command_id = ?", (command_id,))
        return found.fetchone() is not None

    def last_counter(self, issuer: str) -> int:
        """The issuer's last counter, -1 before its first command."""
        row = self._database.execute("SELECT counter FROM issuer WHERE issuer = ?", (issuer,)).fetchone()
        return -1 if row is None else int(row[0])

    def open_commands(self, device: str) -> list[OpenCommand]:
        """The device's commands without an end, oldest first."""
        rows = self._database.execute(
            "SELECT body, state, before, lease_ends_ms FROM command WHERE device = ? AND state <> 'closed'"
            " ORDER BY place",
            (device,),
        )
        return [self._open_command(*row) for row in rows]

    def _open_command(self, body: bytes, state: str, before: float | None, lease_ends_ms: int | None) -> OpenCommand:
        command = decode_command(body)
        ends_s = None if lease_ends_ms is None else self._monotonic_s(lease_ends_ms, at_most_s=command.lease_s)
        return OpenCommand(command, State(state), before, ends_s)

    def add_receipt(self, receipt: CommandReceipt) -> None:
        """A receipt that waits for the outbox; the same id again changes nothing."""
        self._database.execute(
            "INSERT OR IGNORE INTO receipt (receipt_id, command_id, body) VALUES (?, ?, ?)",
            (receipt.receipt_id, receipt.command_id, receipt_text(receipt)),
        )

    def waiting_receipts(self) -> list[CommandReceipt]:
        """Receipts not yet in the outbox, oldest first."""
        rows = self._database.execute("SELECT body FROM receipt WHERE is_handed_over = 0 ORDER BY place")
        return [read_receipt(body) for (body,) in rows]

    def handed_over(self, receipt_id: str) -> None:
        """The outbox holds the receipt for good."""
        self._database.execute("UPDATE receipt SET is_handed_over = 1 WHERE receipt_id = ?", (receipt_id,))

    def receipts_of(self, command_id: str) -> list[CommandReceipt]:
        """Everything said about a command so far, oldest first."""
        rows = self._database.execute("SELECT body FROM receipt WHERE command_id = ? ORDER BY place", (command_id,))
        return [read_receipt(body) for (body,) in rows]

    def place_entry(self, device: str, point: str, entry: Entry, lease_s: float) -> None:
        """An entry that now stands in the priority array."""
        self._database.execute(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (entry.command_id, device, point, entry.priority, entry.value, lease_s, self._wall_ms(entry.lease_ends_s)),
        )

    def end_entry(self, ended: EndedEntry) -> None:
        """The entry no longer counts; it stays until its point is released."""
        self._database.execute(
            "UPDATE entry SET ended = ?, relinquished_by = ? WHERE command_id = ?",
            (ended.reason, ended.relinquished_by, ended.entry.command_id),
        )

    def remove_entry(self, command_id: str) -> None:
        """The entry has its receipt."""
        self._database.execute("DELETE FROM entry WHERE command_id = ?", (command_id,))

    def hold(self, device: str, point: str, value: float | None) -> None:
        """Our value is in the device; None while it is not sure which."""
        self._database.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?)", (device, point, value))

    def release(self, device: str, point: str) -> None:
        """Nothing of ours holds the point any longer."""
        self._database.execute("DELETE FROM held WHERE device = ? AND point = ?", (device, point))

    def note_write(self, device: str, point: str, moved: float, *, keep_s: float) -> None:
        """Count one write of ours, now, that moves the value so far; older ones than `keep_s` are forgotten."""
        now_ms = self._clock.now_ms()
        self._database.execute(
            "DELETE FROM own_change WHERE device = ? AND point = ? AND at_ms < ?",
            (device, point, now_ms - round(keep_s * 1000)),
        )
        self._database.execute("INSERT INTO own_change VALUES (?, ?, ?, ?)", (device, point, now_ms, moved))

    def override(self, device: str, point: str, *, hold_s: float) -> None:
        """Somebody set the point by hand: automatic commands wait for `hold_s` seconds."""
        until_ms = self._clock.now_ms() + round(hold_s * 1000)
        self._database.execute("INSERT OR REPLACE INTO override VALUES (?, ?, ?, ?)", (device, point, hold_s, until_ms))

    def clock_moved(self, shift_ms: int) -> None:
        """The wall clock took a new scale, that much later than the old one."""
        old_ms = self._clock.now_ms() - shift_ms
        with self.transaction():
            shift(self._database, shift_ms, now_ms=old_ms, began_ms=old_ms - round(self._clock.monotonic() * 1000))

    def recall(self, device: str, point: str) -> PointMemory:
        """What was known of a point when the process ended."""
        where = (device, point)
        held = self._database.execute("SELECT value FROM held WHERE device = ? AND point = ?", where).fetchone()
        writes = self._database.execute(
            "SELECT at_ms, moved FROM own_change WHERE device = ? AND point = ? ORDER BY at_ms", where
        )
        hand = self._database.execute("SELECT until_ms, hold_s FROM override WHERE device = ? AND point = ?", where)
        row = hand.fetchone()
        live, ended = self._entries(device, point)
        return PointMemory(
            entries=live,
            ended=ended,
            is_held=held is not None,
            held=None if held is None else held[0],
            writes=tuple(OwnWrite(self._monotonic_s(at_ms, at_most_s=0), moved) for at_ms, moved in writes),
            overridden_until_s=None if row is None else self._monotonic_s(row[0], at_most_s=row[1]),
        )

    def _entries(self, device: str, point: str) -> tuple[tuple[Entry, ...], tuple[EndedEntry, ...]]:
        live: list[Entry] = []
        ended: list[EndedEntry] = []
        rows = self._database.execute(
            "SELECT command_id, priority, value, lease_s, lease_ends_ms, ended, relinquished_by FROM entry"
            " WHERE device = ? AND point = ? ORDER BY rowid",
            (device, point),
        )
        for command_id, priority, value, lease_s, ends_ms, reason, relinquished_by in rows:
            entry = Entry(command_id, priority, value, self._monotonic_s(ends_ms, at_most_s=lease_s))
            if reason is None:
                live.append(entry)
            else:
                ended.append(EndedEntry(entry, reason, relinquished_by))
        return tuple(live), tuple(ended)

    def prune(self, keep: int = KEPT_COMMANDS) -> None:
        """Forget all but the newest `keep` ended commands and their receipts; counters still refuse their replay."""
        with self.transaction():
            self._database.execute(
                "DELETE FROM command WHERE state = 'closed' AND command_id NOT IN (SELECT command_id FROM entry)"
                " AND place <= (SELECT max(place) FROM command) - ?",
                (keep,),
            )
            self._database.execute(
                "DELETE FROM receipt WHERE is_handed_over = 1 AND command_id NOT IN (SELECT command_id FROM command)"
            )

    def shut(self) -> None:
        """Close the file."""
        self._database.close()

    def _set_state(self, command_id: str, state: State) -> None:
        self._database.execute("UPDATE command SET state = ? WHERE command_id = ?", (state, command_id))

    def _wall_ms(self, monotonic_s: float) -> int:
        return self._clock.now_ms() + round((monotonic_s - self._clock.monotonic()) * 1000)

    def _monotonic_s(self, wall_ms: int, *, at_most_s: float) -> float:
        return self._clock.monotonic() + min(at_most_s, (wall_ms - self._clock.now_ms()) / 1000)
