"""The state machine of requests: whatever people try, its promises hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.services.catalogue import load_services
from cloud.services.request import Rating, RequestState, ServiceRequest
from cloud.services.request_life import (
    ENDED,
    MOST_REOPENED,
    SILENCE_DAYS,
    Action,
    Asking,
    Party,
    actions_open,
    is_overdue,
    is_silent,
    met_level,
    moved,
    rated,
    submitted,
)
from foundation.errors import DomainError

MINUTE, DAY = 60_000, 86_400_000
EVERYBODY = frozenset(Party)
FAULT = {"trouble": "water", "description": "漏水"}


def new(urgent: bool = False) -> ServiceRequest:
    asking = Asking("r-1", "office", "building:a", "li", {**FAULT, "urgent": urgent})
    return submitted(load_services()["repair"], asking, 0)


def walk(*actions: Action, request: ServiceRequest | None = None, step_ms: int = MINUTE) -> ServiceRequest:
    request = request or new()
    for action in actions:
        at_ms = request.steps[-1].at_ms + step_ms
        request = moved(request, action, by="x", parties=EVERYBODY, at_ms=at_ms, note="why", assignee="wang")
    return request


DONE = (Action.ACCEPT, Action.ASSIGN, Action.START, Action.FINISH)

moves = st.lists(
    st.tuples(st.sampled_from(Action), st.sampled_from(Party), st.integers(-DAY, 10 * DAY), st.sampled_from(["", "x"])),
    max_size=40,
)


@given(moves)
def test_any_sequence_of_moves_keeps_the_promises_of_the_life(tried: list[tuple[Action, Party, int, str]]) -> None:
    request, now_ms = new(), 0
    for action, party, delay_ms, note in tried:
        now_ms += delay_ms
        is_open = action in actions_open(request, {party})
        needs_words = action in (Action.REJECT, Action.ASSIGN) and not note
        try:
            after = moved(request, action, by="x", parties={party}, at_ms=now_ms, note=note, assignee=note)
        except DomainError:
            was_taken = False
        else:
            was_taken = True
        assert was_taken is (is_open and not needs_words)
        if not was_taken:
            continue
        assert request.state not in ENDED
        assert after.steps[:-1] == request.steps
        assert after.steps[-1].state is after.state
        request = after
    assert [one.at_ms for one in request.steps] == sorted(one.at_ms for one in request.steps)
    assert request.reopened == sum(one.action == "reopen" for one in request.steps) <= MOST_REOPENED + 1
    assert (request.escalated_ms is not None) == (request.reopened > MOST_REOPENED)
    assert (request.closed_ms is not None) == (request.state in ENDED)
    assert (request.done_ms is not None) >= (request.state in (RequestState.DONE, RequestState.CONFIRMED))


@given(st.sampled_from(RequestState), st.sampled_from(Action))
def test_no_move_is_open_to_somebody_who_is_nothing_to_the_request(state: RequestState, action: Action) -> None:
    request = replace(new(), state=state)
    assert actions_open(request, ()) == []
    with pytest.raises(DomainError) as refusal:
        moved(request, action, by="x", parties=(), at_ms=1)
    assert refusal.value.status in (403, 409)


def test_the_straight_way_from_submitted_to_closed() -> None:
    request = walk(*DONE, Action.CONFIRM, Action.CLOSE)
    assert [one.state.value for one in request.steps] == [
        "submitted", "accepted", "assigned", "in_progress", "done", "confirmed", "closed",
    ]  # fmt: skip
    assert (request.assigned_to, request.accepted_ms, request.done_ms) == ("wang", MINUTE, 4 * MINUTE)


@pytest.mark.parametrize(
    ("party", "actions"),
    [
        (Party.ASKER, [Action.CANCEL]),
        (Party.OWNER, [Action.ACCEPT, Action.REJECT]),
        (Party.ASSIGNEE, []),
        (Party.CLOCK, []),
    ],
)
def test_each_party_sees_its_own_moves_of_a_new_request(party: Party, actions: list[Action]) -> None:
    assert actions_open(new(), {party}) == actions


@pytest.mark.parametrize("party", [Party.OWNER, Party.ASSIGNEE])
def test_who_did_the_work_cannot_confirm_it(party: Party) -> None:
    with pytest.raises(DomainError) as refusal:
        moved(walk(*DONE), Action.CONFIRM, by="x", parties={party}, at_ms=1)
    assert refusal.value.status == 403


def test_the_third_reopening_escalates_and_a_fourth_is_refused() -> None:
    request, again = walk(*DONE), (Action.REOPEN, Action.START, Action.FINISH)
    for _ in range(MOST_REOPENED):
        request = walk(*again, request=request)
        assert request.escalated_ms is None
    request = walk(*again, request=request)
    assert request.escalated_ms is not None
    with pytest.raises(DomainError) as refusal:
        walk(Action.REOPEN, request=request)
    assert (refusal.value.code, refusal.value.status) == ("error.reopened_too_often", 409)
    assert Action.REOPEN not in actions_open(request, EVERYBODY)


def test_an_urgent_fault_has_ten_minutes_and_four_hours() -> None:
    calm, urgent = new(), new(urgent=True)
    assert (calm.respond_by_ms, calm.finish_by_ms) == (30 * MINUTE, DAY)
    assert (urgent.respond_by_ms, urgent.finish_by_ms) == (10 * MINUTE, 240 * MINUTE)


def test_a_booking_is_late_only_after_its_own_end() -> None:
    asking = Asking("r-1", "office", "room:meet-1", "li", {}, start_ms=5 * DAY, end_ms=6 * DAY)
    request = submitted(load_services()["meeting_room"], asking, 0)
    assert request.finish_by_ms == 6 * DAY + 60 * MINUTE


def test_a_request_is_late_when_nobody_answers_or_nothing_is_done() -> None:
    assert not is_overdue(new(), 30 * MINUTE)
    assert is_overdue(new(), 30 * MINUTE + 1)
    accepted = walk(Action.ACCEPT)
    assert not is_overdue(accepted, DAY)
    assert is_overdue(accepted, DAY + 1)
    assert not is_overdue(walk(*DONE), 99 * DAY)


def test_the_service_level_is_met_by_answer_and_work_in_time() -> None:
    assert met_level(new()) is None
    assert met_level(walk(*DONE)) is True
    assert met_level(walk(*DONE, step_ms=31 * MINUTE)) is False
    assert met_level(walk(Action.REJECT)) is None


def test_silence_after_the_work_counts_as_consent() -> None:
    done = walk(*DONE)
    assert not is_silent(done, done.steps[-1].at_ms + SILENCE_DAYS * DAY - 1)
    assert is_silent(done, done.steps[-1].at_ms + SILENCE_DAYS * DAY)
    assert not is_silent(walk(Action.ACCEPT), 99 * DAY)
    closed = moved(done, Action.CLOSE, by="system", parties={Party.CLOCK}, at_ms=9 * DAY)
    assert closed.state is RequestState.CLOSED


def test_only_the_asker_rates_what_was_done_and_only_once() -> None:
    rating = Rating(4, "li", 9 * MINUTE)
    done = rated(walk(*DONE), rating, {Party.ASKER})
    assert (done.rating, done.steps[-1].action) == (rating, "rate")
    for request, parties, status in (
        (done, {Party.ASKER}, 409),
        (new(), {Party.ASKER}, 409),
        (walk(*DONE), {Party.OWNER}, 403),
    ):
        with pytest.raises(DomainError) as refusal:
            rated(request, rating, parties)
        assert refusal.value.status == status
    with pytest.raises(DomainError):
        rated(walk(*DONE), replace(rating, stars=6), {Party.ASKER})


def test_a_reopened_request_waits_for_a_new_rating() -> None:
    request = rated(walk(*DONE), Rating(1, "li", 9 * MINUTE), {Party.ASKER})
    again = walk(Action.REOPEN, request=request)
    assert (again.rating, again.done_ms, again.state) == (None, None, RequestState.ACCEPTED)
