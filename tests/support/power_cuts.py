"""Lives of outbox and command journal that end by a power cut, and what the next life finds."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import apsw

from edge_agent.commands.journal import Journal
from edge_agent.delivery.outbox import Kind, Lane, NewRow, Outbox
from foundation.disk import PRAGMAS
from foundation.rng import SeededRng
from gateway.messages import CommandReceipt, Outcome
from gateway.stream import RangeSet
from tests.support.commands import command_of
from tests.support.crash_disk import CrashDisk, PowerCut
from tests.support.manual_clock import ManualClock

CUTS_PER_DISK = 100
MOST_WORK = 150
PATH = Path("/disk/store.db")


class Victim(Protocol):
    """A store on a disk that loses power, beside a model of what it was told."""

    acknowledged: object
    """What the store has said to be durable."""
    pending: object
    """What it would hold if the call under way had ended."""

    def open(self, disk: CrashDisk) -> sqlite3.Connection: ...

    def act(self, chance: random.Random) -> None:
        """One call that commits."""
        ...

    def found(self) -> object:
        """What the file holds, in the form of `acknowledged`."""
        ...


@dataclass
class Report:
    """`lost` counts cuts after which something acknowledged was missing or something else was there."""

    cuts: int = 0
    commits: int = 0
    corrupt: int = 0
    lost: int = 0
    seconds: float = 0.0


def endure(make: Callable[[], Victim], cuts: int, seed: int, pragmas: Sequence[str] = PRAGMAS) -> Report:
    """Cut the power so often, at random moments; every few cuts the disk is a new one."""
    chance, report, began = random.Random(seed), Report(), time.perf_counter()
    while report.cuts < cuts:
        disk, victim = CrashDisk(chance, pragmas), make()
        for _ in range(min(CUTS_PER_DISK, cuts - report.cuts)):
            disk.work_left = chance.randint(1, MOST_WORK)
            try:
                _live(disk, victim, chance, report)
            except PowerCut:
                report.cuts += 1
                disk.cut()
            except (apsw.CorruptError, apsw.NotADBError):
                report.corrupt += 1
                break
    report.seconds = time.perf_counter() - began
    return report


def _live(disk: CrashDisk, victim: Victim, chance: random.Random, report: Report) -> None:
    """Open, compare with what the life before was told, then work until the power goes."""
    database = victim.open(disk)
    if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        raise apsw.CorruptError
    found = victim.found()
    report.lost += found not in (victim.acknowledged, victim.pending)
    victim.acknowledged = victim.pending = found
    while True:
        victim.act(chance)
        victim.acknowledged = victim.pending
        report.commits += 1


@dataclass(frozen=True)
class _OutboxState:
    rows: tuple[tuple[int, bytes], ...] = ()
    last: int = 0
    acquired: int = 0


class OutboxVictim:
    """Puts, frees and drops; of what it drops the count is compared."""

    def __init__(self) -> None:
        self.acknowledged: Any = _OutboxState()
        self.pending: Any = self.acknowledged

    def open(self, disk: CrashDisk) -> sqlite3.Connection:
        self.outbox = Outbox(PATH, disk=disk, rng=SeededRng(1), max_rows=10**6)
        return self.outbox._database

    def act(self, chance: random.Random) -> None:
        state = self.acknowledged
        if len(state.rows) > 12:
            gone = chance.sample([spool for spool, _ in state.rows], 6)
            self.pending = replace(state, rows=tuple(row for row in state.rows if row[0] not in gone))
            self.outbox.free(list(RangeSet([(spool, spool) for spool in gone])))
            return
        bodies = [chance.randbytes(chance.choice((40, 700))) for _ in range(chance.randint(1, 4))]
        rows = tuple((state.last + place, body) for place, body in enumerate(bodies, 1))
        amount = len(rows)
        self.pending = _OutboxState(state.rows + rows, state.last + amount, state.acquired + amount)
        self.outbox.put([NewRow("a", body, 1, kind=Kind.READINGS) for body in bodies], now_ms=1, stamps={"a": 1})

    def found(self) -> object:
        rows = self.outbox.rows_after(Lane.LIVE, 0, limit=10_000)
        counts = self.outbox.counts()
        return _OutboxState(tuple((row.spool, row.body) for row in rows), self.outbox.last_spool(), counts.acquired)


@dataclass(frozen=True)
class _JournalState:
    states: tuple[tuple[str, str], ...] = ()
    counter: int = -1
    receipts: tuple[str, ...] = ()


class JournalVictim:
    """Commands are received, intended, written and closed with a receipt."""

    def __init__(self) -> None:
        self.acknowledged: Any = _JournalState()
        self.pending: Any = self.acknowledged
        self._clock = ManualClock()

    def open(self, disk: CrashDisk) -> sqlite3.Connection:
        self.journal = Journal(PATH, disk=disk, clock=self._clock)
        return self.journal._database

    def act(self, chance: random.Random) -> None:
        state = self.acknowledged
        if not state.states or (len(state.states) < 4 and chance.random() < 0.4):
            command = command_of(state.counter + 1)
            states = (*state.states, (command.command_id, "received"))
            self.pending = replace(state, states=states, counter=state.counter + 1)
            self.journal.receive(command, counts=True)
            return
        command_id, was = chance.choice(state.states)
        others = tuple(one for one in state.states if one[0] != command_id)
        if was == "received":
            self.pending = replace(state, states=_sorted((*others, (command_id, "intended"))))
            self.journal.intend(command_of(int(command_id[2:])), before=1.0, lease_ends_s=1e6)
        elif was == "intended":
            self.pending = replace(state, states=_sorted((*others, (command_id, "written"))))
            self.journal.written(command_id)
        else:
            self._close(state, others, command_id)

    def _close(self, state: _JournalState, others: tuple[tuple[str, str], ...], command_id: str) -> None:
        handed_over = state.receipts[:1] if len(state.receipts) > 3 else ()
        self.pending = replace(state, states=others, receipts=(*state.receipts[len(handed_over) :], command_id))
        with self.journal.transaction():
            receipt = CommandReceipt(command_id, command_id, "ac-1", "Switch", Outcome.VERIFIED, "", 1.0, 5)
            self.journal.add_receipt(receipt)
            self.journal.close(command_id)
            for receipt_id in handed_over:
                self.journal.handed_over(receipt_id)

    def found(self) -> object:
        states = tuple((one.command.command_id, str(one.state)) for one in self.journal.open_commands("ac-1"))
        receipts = tuple(one.receipt_id for one in self.journal.waiting_receipts())
        return _JournalState(_sorted(states), self.journal.last_counter("cloud"), receipts)


def _sorted(states: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(states, key=lambda one: int(one[0][2:])))
