"""Commands of a breach, from the first to the hand-back, over restarts."""

from __future__ import annotations

import dataclasses

import pytest

from cloud.core.command_record import CommandRecord, CommandState
from cloud.core.threshold import Breach, BreachState, Threshold, ThresholdAction
from cloud.energy.answer import BreachAnswer
from cloud.energy.breach import close_breach
from cloud.energy.control import command_id, give_back, may_command, request_command
from gateway.messages import CommandReceipt, Outcome
from tests.support.fakes import FakeLedger, FakeThresholdBook
from tests.support.thinking import GROUP, INSTITUTION, device, gauge, peak_limit

NOW_MS = 1_790_000_000_000
LEASE_MS = 600_000
LIMIT = peak_limit()
BREACH = Breach("b-1", LIMIT.threshold_id, INSTITUTION, NOW_MS, 100_000.0, 120_000.0)
AC = device("a-ac-1", "actuator", gauge("Setpoint/Temperature", "°C", writable=True))
DEVICES = {(GROUP, "a-ac-1"): AC}


class Rig:
    """A ledger, a book, and the answer between them."""

    def __init__(self) -> None:
        self.ledger, self.book = FakeLedger(), FakeThresholdBook()
        self.answer = BreachAnswer(self.ledger, self.book.save_breach)

    def act(self, breach: Breach = BREACH, now_ms: int = NOW_MS, threshold: Threshold = LIMIT) -> Breach:
        return self.answer.act(threshold, breach, DEVICES, now_ms)

    def receipt(self, command: str, outcome: Outcome, at_ms: int = NOW_MS) -> None:
        receipt = CommandReceipt(
            f"{command}-{outcome}", command, "a-ac-1", "Setpoint/Temperature", outcome, "", 1, at_ms
        )
        request = self.ledger.records[command].request
        self.ledger.close(receipt, group=request.group, node=request.node)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_an_automatic_threshold_gets_an_approved_command(rig: Rig) -> None:
    breach = rig.act()
    [record] = rig.ledger.records.values()
    request = record.request
    assert record.state is CommandState.APPROVED
    assert (request.node, request.device, request.point, request.value) == (
        "edge-1",
        "a-ac-1",
        "Setpoint/Temperature",
        26.0,
    )
    assert (request.reason, request.lease_s, request.priority, request.breach_id) == (
        "threshold_breach",
        600,
        12,
        "b-1",
    )
    assert breach.command_ids == (request.command_id,)
    assert rig.book.found["b-1"] == breach


def test_a_threshold_that_is_not_automatic_waits_for_an_officer(rig: Rig) -> None:
    rig.act(threshold=dataclasses.replace(LIMIT, automatic=False))
    assert len(rig.ledger.in_state(CommandState.PROPOSED)) == 1


def test_the_same_breach_commands_once(rig: Rig) -> None:
    breach = rig.act()
    for later_ms in (1_000, 2_000, 59_000):
        breach = rig.act(breach, NOW_MS + later_ms)
    assert len(rig.ledger.records) == 1


def test_a_crash_before_the_ledger_repeats_the_same_command(rig: Rig) -> None:
    breach = rig.act()
    [identity] = rig.ledger.records
    rig.ledger.records.clear()
    rig.act(breach, NOW_MS + 5_000)
    assert list(rig.ledger.records) == [identity]


def test_a_crash_before_the_book_repeats_the_same_command(rig: Rig) -> None:
    rig.act()
    rig.act(BREACH, NOW_MS + 5_000)
    assert len(rig.ledger.records) == 1


def test_a_late_breach_never_commands(rig: Rig) -> None:
    late = dataclasses.replace(BREACH, is_late=True)
    assert rig.act(late) == late
    assert rig.act(close_breach(BREACH, NOW_MS, 1.0)).command_ids == ()
    assert rig.ledger.records == {}


def test_an_unknown_or_offline_device_is_not_commanded(rig: Rig) -> None:
    offline = {(GROUP, "a-ac-1"): dataclasses.replace(AC, is_online=False)}
    assert rig.answer.act(LIMIT, BREACH, offline, NOW_MS) == BREACH
    assert rig.answer.act(LIMIT, BREACH, {}, NOW_MS) == BREACH
    assert rig.ledger.records == {}


def test_two_actions_give_two_commands(rig: Rig) -> None:
    actions = (*LIMIT.actions, ThresholdAction("a-ac-1", "Fan", 1))
    breach = rig.act(threshold=dataclasses.replace(LIMIT, actions=actions))
    assert len(set(breach.command_ids)) == 2
    assert [one.request.point for one in rig.ledger.records.values()] == ["Setpoint/Temperature", "Fan"]


def test_a_command_is_renewed_when_its_lease_has_ended_and_the_breach_goes_on(rig: Rig) -> None:
    breach = rig.act()
    rig.receipt(breach.command_ids[0], Outcome.VERIFIED)
    assert rig.act(breach, NOW_MS + LEASE_MS - 1) == breach
    renewed = rig.act(breach, NOW_MS + LEASE_MS)
    assert len(renewed.command_ids) == 2
    assert len(rig.ledger.in_state(CommandState.APPROVED)) == 1


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.FAILED])
def test_what_the_equipment_refused_is_not_asked_again(rig: Rig, outcome: Outcome) -> None:
    breach = rig.act()
    rig.receipt(breach.command_ids[0], outcome)
    assert rig.act(breach, NOW_MS + 10 * LEASE_MS) == breach


def test_what_an_officer_rejected_is_not_asked_again(rig: Rig) -> None:
    by_hand = dataclasses.replace(LIMIT, automatic=False)
    breach = rig.act(threshold=by_hand)
    rig.ledger.decide(breach.command_ids[0], approve=False, by="officer", at_ms=NOW_MS)
    assert rig.act(breach, NOW_MS + 10 * LEASE_MS, by_hand) == breach


def test_a_command_that_expired_unsent_is_asked_again(rig: Rig) -> None:
    breach = rig.act()
    rig.ledger.expire(NOW_MS + 61_000)
    assert len(rig.act(breach, NOW_MS + 62_000).command_ids) == 2


def test_at_the_end_what_holds_is_given_back_once(rig: Rig) -> None:
    breach = rig.act()
    rig.receipt(breach.command_ids[0], Outcome.VERIFIED)
    assert rig.answer.give_back(breach, NOW_MS + 30_000) == 1
    rig.answer.give_back(breach, NOW_MS + 31_000)
    [request] = rig.ledger.in_state(CommandState.APPROVED)
    assert (request.value, request.point, request.priority, request.reason) == (
        None,
        "Setpoint/Temperature",
        12,
        "breach_cleared",
    )
    assert len(rig.ledger.records) == 2


def test_at_the_end_what_waits_for_an_officer_is_withdrawn(rig: Rig) -> None:
    breach = rig.act(threshold=dataclasses.replace(LIMIT, automatic=False))
    assert rig.answer.give_back(breach, NOW_MS + 30_000) == 0
    assert [record.state for record in rig.ledger.records.values()] == [CommandState.REJECTED]


@pytest.mark.parametrize(
    ("state", "after_ms", "holds"),
    [
        (CommandState.APPROVED, 0, True),
        (CommandState.SENT, 2 * LEASE_MS, True),
        (CommandState.UNKNOWN, LEASE_MS - 1, True),
        (CommandState.VERIFIED, LEASE_MS - 1, True),
        (CommandState.VERIFIED, LEASE_MS, False),
        (CommandState.REFUSED, 0, False),
        (CommandState.FAILED, 0, False),
        (CommandState.EXPIRED, 0, False),
        (CommandState.RELINQUISHED, 0, False),
        (CommandState.REJECTED, 0, False),
    ],
)
def test_only_what_holds_or_is_about_to_is_given_back(state: CommandState, after_ms: int, holds: bool) -> None:
    request = request_command(LIMIT, BREACH, LIMIT.actions[0], node="edge-1", turn=0)
    record = CommandRecord(request, state, NOW_MS, sent_ms=NOW_MS)
    assert (give_back(record, NOW_MS + after_ms) is not None) is holds


def test_an_early_release_by_hand_is_respected_until_the_lease_would_have_ended() -> None:
    request = request_command(LIMIT, BREACH, LIMIT.actions[0], node="edge-1", turn=0)
    record = CommandRecord(request, CommandState.RELINQUISHED, NOW_MS, sent_ms=NOW_MS)
    assert not may_command(BREACH, record, NOW_MS + LEASE_MS - 1)
    assert may_command(BREACH, record, NOW_MS + LEASE_MS)


def test_ids_tell_breach_action_and_turn_apart() -> None:
    action = LIMIT.actions[0]
    other_breach = dataclasses.replace(BREACH, breach_id="b-2")
    other_action = dataclasses.replace(action, point="Fan")
    ids = {
        command_id(BREACH, action, 0),
        command_id(BREACH, action, 1),
        command_id(other_breach, action, 0),
        command_id(BREACH, other_action, 0),
    }
    assert len(ids) == 4
    assert BREACH.state is BreachState.OPEN
