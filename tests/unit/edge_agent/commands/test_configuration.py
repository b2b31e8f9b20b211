"""Orders about settings: late ones refused, and what a crash cut off is told as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_agent.commands.configuration import Configuration
from edge_agent.commands.guard import Reason
from edge_agent.commands.journal import Journal
from edge_agent.commands.receipts import ReceiptDesk
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from gateway.messages import SETTINGS, Command, CommandAction, CommandReceipt, Outcome
from tests.support.commands import command_of
from tests.support.manual_clock import ManualClock

NOW_MS = 1_790_000_000_000
ORDER = command_of(
    device="main",
    point=SETTINGS,
    action=CommandAction.CONFIGURE,
    value=None,
    lease_s=0,
    not_before_ms=NOW_MS - 1_000,
    expires_ms=NOW_MS + 60_000,
    settings={"params.ct": "60"},
)


class Desk:
    """A settings desk that remembers what it applied."""

    def __init__(self, answer: Reason = Reason.APPLIED) -> None:
        self.answer, self.applied = answer, list[str]()

    async def apply(self, command: Command) -> Reason:
        self.applied.append(command.command_id)
        return self.answer

    def was_applied(self, command_id: str) -> bool:
        return command_id in self.applied


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(now_ms=NOW_MS)
        self.journal = Journal(folder / "commands.db", disk=SystemDisk(), clock=self.clock)
        self.receipts = ReceiptDesk(self.journal, self._put, clock=self.clock, rng=SeededRng(1))
        self.configuration = Configuration(self.journal, self.receipts, self.clock)

    async def _put(self, receipt: CommandReceipt) -> None: ...

    def told(self) -> list[tuple[Outcome, str]]:
        return [(one.outcome, one.reason) for one in self.journal.receipts_of("c-1")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("answer", "outcome"), [(Reason.APPLIED, Outcome.VERIFIED), (Reason.SETTING_REFUSED, Outcome.REFUSED)]
)
async def test_the_desks_answer_becomes_the_receipt(bench: Bench, answer: Reason, outcome: Outcome) -> None:
    bench.configuration.attach(Desk(answer), ["main"])
    bench.journal.receive(ORDER, counts=True)
    await bench.configuration.carry_out(ORDER, bench.clock.monotonic() + 60)
    assert bench.told() == [(outcome, answer)]
    assert bench.journal.open_commands("main") == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"expires_ms": NOW_MS}, Reason.EXPIRED), ({"not_before_ms": NOW_MS + 60_000}, Reason.NOT_YET)],
)
async def test_an_order_out_of_its_time_changes_nothing(bench: Bench, changes: dict[str, Any], reason: Reason) -> None:
    desk, order = Desk(), replace(ORDER, **changes)
    bench.configuration.attach(desk, ["main"])
    bench.journal.receive(order, counts=True)
    await bench.configuration.carry_out(order, bench.clock.monotonic() + 60)
    assert desk.applied == []
    assert bench.told()[0][1] == reason


async def test_a_deadline_holds_even_if_the_clock_is_set_back(bench: Bench) -> None:
    desk = Desk()
    bench.configuration.attach(desk, ["main"])
    bench.journal.receive(ORDER, counts=True)
    await bench.configuration.carry_out(ORDER, bench.clock.monotonic())
    assert (desk.applied, bench.told()) == ([], [(Outcome.EXPIRED, Reason.EXPIRED)])


async def test_without_a_desk_nothing_can_be_set(bench: Bench) -> None:
    bench.journal.receive(ORDER, counts=True)
    await bench.configuration.carry_out(ORDER, bench.clock.monotonic() + 60)
    assert bench.told() == [(Outcome.REFUSED, Reason.NOT_WRITABLE)]


@pytest.mark.parametrize(
    ("is_done", "told"),
    [(True, (Outcome.VERIFIED, Reason.APPLIED)), (False, (Outcome.FAILED, Reason.RESTARTED))],
)
def test_what_a_crash_cut_off_is_told_as_it_is(bench: Bench, is_done: bool, told: tuple[Outcome, Reason]) -> None:
    bench.journal.receive(ORDER, counts=True)
    desk = Desk()
    desk.applied = ["c-1"] if is_done else []
    bench.configuration.attach(desk, ["main"])
    assert bench.told() == [told]
    assert bench.journal.open_commands("main") == []
