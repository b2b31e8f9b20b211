"""What every CommandLedger keeps: one way from proposal to end, and never back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.adapters.sql.command_ledger import RECEIPT_GRACE_MS
from cloud.core.command_record import CommandRequest, CommandState
from cloud.core.ports import CommandLedger
from cloud.desks.books import Books
from foundation.errors import DomainError
from gateway.messages import Command, CommandReceipt, Outcome
from tests.support.commands import command_of

ENDS = {
    CommandState.REJECTED,
    CommandState.REFUSED,
    CommandState.EXPIRED,
    CommandState.FAILED,
    CommandState.RELINQUISHED,
}


def a_request(command_id: str = "c-1", *, value: float | None = 26.0, node: str = "edge-1") -> CommandRequest:
    return CommandRequest(
        command_id=command_id,
        institution_id="office",
        group="county",
        node=node,
        device="a-ac-1",
        point="Setpoint/Temperature",
        value=value,
        priority=12,
        lease_s=600,
        valid_s=60,
        reason="threshold_breach",
        proposed_by="threshold:t-1",
        breach_id="b-1",
    )


HOME = {"group": "county", "node": "edge-1"}
NOW_MS = 3_000


def a_command(command_id: str = "c-1", expires_ms: int = 60_000) -> Command:
    return command_of(
        command_id=command_id,
        group="county",
        device="a-ac-1",
        value=26.0,
        priority=12,
        expires_ms=expires_ms,
        nonce="n1",
        reason="threshold_breach",
    )


def a_receipt(outcome: Outcome, command_id: str = "c-1", at_ms: int = 30_000) -> CommandReceipt:
    receipt_id = f"r-{command_id}-{outcome}"
    return CommandReceipt(receipt_id, command_id, "a-ac-1", "Setpoint/Temperature", outcome, "ok", 26.0, at_ms)


@pytest.fixture
def ledger(ports: Books) -> CommandLedger:
    ports.registry.node_born("county", "edge-1", "n1", 0)
    return ports.commands


def state(ledger: CommandLedger, command_id: str = "c-1") -> CommandState:
    record = ledger.find(command_id)
    assert record is not None
    return record.state


def test_command_goes_from_proposal_to_relinquished(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.PROPOSED, 1000)
    assert ledger.approved(NOW_MS) == []
    decided = ledger.decide("c-1", approve=True, by="li", at_ms=2000)
    assert (decided.state, decided.approved_by) == (CommandState.APPROVED, "li")
    assert ledger.approved(NOW_MS) == [(a_request(), "n1", 62_000)]
    ledger.sent(a_command(), 3000)
    assert ledger.approved(NOW_MS) == []
    ledger.close(a_receipt(Outcome.VERIFIED), **HOME)
    record = ledger.find("c-1")
    assert record is not None
    assert (record.request, record.state, record.proposed_ms) == (a_request(), CommandState.VERIFIED, 1000)
    assert (record.command, record.sent_ms) == (a_command(), 3000)
    assert record.receipt == a_receipt(Outcome.VERIFIED)
    ledger.close(a_receipt(Outcome.RELINQUISHED), **HOME)
    assert state(ledger) is CommandState.RELINQUISHED


def test_relinquishing_request_keeps_that_it_has_no_value(ledger: CommandLedger) -> None:
    ledger.propose(a_request(value=None), CommandState.APPROVED, 1000)
    assert ledger.approved(NOW_MS)[0][0].value is None


def test_same_proposal_twice_changes_nothing(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.PROPOSED, 1000)
    ledger.decide("c-1", approve=False, by="li", at_ms=2000)
    ledger.propose(a_request(), CommandState.APPROVED, 3000)
    assert state(ledger) is CommandState.REJECTED


def test_command_cannot_start_in_the_middle(ledger: CommandLedger) -> None:
    with pytest.raises(ValueError, match="starts"):
        ledger.propose(a_request(), CommandState.SENT, 1000)


def test_decided_command_is_not_decided_again(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.PROPOSED, 1000)
    ledger.decide("c-1", approve=False, by="li", at_ms=2000)
    with pytest.raises(DomainError) as refusal:
        ledger.decide("c-1", approve=True, by="wang", at_ms=3000)
    assert refusal.value.status == 409
    assert state(ledger) is CommandState.REJECTED


def test_unknown_command_cannot_be_decided(ledger: CommandLedger) -> None:
    with pytest.raises(DomainError) as refusal:
        ledger.decide("c-9", approve=True, by="li", at_ms=2000)
    assert refusal.value.status == 404
    assert ledger.find("c-9") is None


def test_officers_at_once_decide_a_command_once(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.PROPOSED, 1000)

    def approve(name: str) -> bool:
        try:
            ledger.decide("c-1", approve=True, by=name, at_ms=2000)
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(4) as officers:
        assert sum(officers.map(approve, ["li", "wang", "zhao", "sun"])) == 1


def test_commands_of_an_offline_node_wait(ports: Books, ledger: CommandLedger) -> None:
    ledger.propose(a_request("c-1"), CommandState.APPROVED, 1000)
    ledger.propose(a_request("c-2", node="edge-2"), CommandState.APPROVED, 1000)
    assert [request.command_id for request, _, _ in ledger.approved(NOW_MS)] == ["c-1"]
    ports.registry.node_lost("county", "edge-1", 2000)
    assert ledger.approved(NOW_MS) == []
    ports.registry.node_born("county", "edge-1", "n2", 3000)
    assert [nonce for _, nonce, _ in ledger.approved(NOW_MS)] == ["n2"]


def test_a_command_that_waited_beyond_its_validity_is_never_sent(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.APPROVED, 1000)
    assert ledger.approved(60_999) == [(a_request(), "n1", 61_000)]
    assert ledger.approved(61_000) == []


@pytest.mark.parametrize("sender", [{"group": "other", "node": "edge-1"}, {"group": "county", "node": "edge-2"}])
def test_an_edge_cannot_end_the_command_of_another(ledger: CommandLedger, sender: dict[str, str]) -> None:
    ledger.propose(a_request(), CommandState.APPROVED, 1000)
    ledger.sent(a_command(), 2000)
    ledger.close(a_receipt(Outcome.VERIFIED), **sender)
    assert state(ledger) is CommandState.SENT


def test_only_an_approved_command_can_be_sent(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.PROPOSED, 1000)
    with pytest.raises(DomainError):
        ledger.sent(a_command(), 2000)
    assert state(ledger) is CommandState.PROPOSED


def test_command_that_never_left_expires_after_its_validity(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.PROPOSED, 1000)
    ledger.decide("c-1", approve=True, by="li", at_ms=500_000)
    assert ledger.expire(560_000) == []
    (expired,) = ledger.expire(560_001)
    assert (expired.state, expired.request) == (CommandState.EXPIRED, a_request())
    assert ledger.expire(560_002) == []


def test_sent_command_without_an_answer_becomes_unknown(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.APPROVED, 1000)
    ledger.sent(a_command(expires_ms=60_000), 2000)
    assert ledger.expire(60_000 + RECEIPT_GRACE_MS) == []
    (unknown,) = ledger.expire(60_001 + RECEIPT_GRACE_MS)
    assert unknown.state is CommandState.UNKNOWN


def test_late_receipt_overrides_the_guess_of_the_cloud(ledger: CommandLedger) -> None:
    ledger.propose(a_request(), CommandState.APPROVED, 1000)
    ledger.sent(a_command(expires_ms=60_000), 2000)
    ledger.expire(1_000_000)
    ledger.close(a_receipt(Outcome.VERIFIED), **HOME)
    assert state(ledger) is CommandState.VERIFIED


def test_receipt_of_a_command_nobody_proposed_changes_nothing(ledger: CommandLedger) -> None:
    ledger.close(a_receipt(Outcome.VERIFIED, "c-9"), **HOME)
    assert ledger.recent({"office"}) == []


def test_recent_is_newest_first_and_only_of_the_scope(ledger: CommandLedger) -> None:
    for number in range(3):
        ledger.propose(a_request(f"c-{number}"), CommandState.PROPOSED, number)
    assert [one.request.command_id for one in ledger.recent({"office"}, limit=2)] == ["c-2", "c-1"]
    assert ledger.recent({"school"}) == []


def test_counter_of_an_issuer_never_repeats(ledger: CommandLedger) -> None:
    with ThreadPoolExecutor(4) as issuers:
        numbers = list(issuers.map(ledger.next_counter, ["cloud"] * 40))
    assert sorted(numbers) == list(range(1, 41))
    assert ledger.next_counter("other") == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=st.lists(st.sampled_from(Outcome), max_size=6), is_sent=st.booleans(), number=st.integers(0, 10**9))
def test_no_order_of_receipts_reopens_an_end(
    ledger: CommandLedger, outcomes: list[Outcome], is_sent: bool, number: int
) -> None:
    command_id = f"c-{number}"
    ledger.propose(a_request(command_id), CommandState.APPROVED, 1000)
    if is_sent and state(ledger, command_id) is CommandState.APPROVED:
        ledger.sent(a_command(command_id), 2000)
    for outcome in outcomes:
        before = state(ledger, command_id)
        ledger.close(a_receipt(outcome, command_id), **HOME)
        after = state(ledger, command_id)
        ledger.close(a_receipt(outcome, command_id), **HOME)
        assert state(ledger, command_id) is after
        if before in ENDS:
            assert after is before
        if before is CommandState.VERIFIED:
            assert after in (before, CommandState.RELINQUISHED)
