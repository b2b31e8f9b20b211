"""What the books of the service platform promise, on SQLite and PostgreSQL, also to those who come at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.desks.books import Books
from cloud.services.dataset_grant import DatasetGrant, GrantState
from cloud.services.joint_case import Approval, CaseState, JointCase
from cloud.services.request import Rating, RequestState, RequestStep, ServiceRequest
from foundation.errors import DomainError

HOUR = 3_600_000
REQUEST = ServiceRequest(
    request_id="r-1",
    institution_id="office",
    service="repair",
    department="real_estate",
    subject="building:a",
    asked_by="li",
    asked_ms=1000,
    state=RequestState.SUBMITTED,
    respond_by_ms=2000,
    finish_by_ms=3000,
    fields={"trouble": "water", "urgent": True, "persons": 3},
    steps=(RequestStep(1000, "li", "submit", RequestState.SUBMITTED, "快"),),
    rating=Rating(4, "li", 5000, "好"),
    asking_department="energy",
    code_digest="d",
    escalated_ms=7,
)
BOOKING = replace(REQUEST, request_id="b-1", subject="room:meet-1", rating=None, start_ms=10 * HOUR, end_ms=12 * HOUR)
CASE = JointCase(
    case_id="c-1",
    institution_id="office",
    title="漏水",
    subject="building:a",
    lead="real_estate",
    opened_by="system",
    opened_ms=1000,
    due_ms=9000,
    approvals=(Approval("real_estate"), Approval("energy"), Approval("finance")),
    risk_ids=("risk-1",),
)
GRANT = DatasetGrant("g-1", "office", "energy_days", "energy", "finance", "li", "预算编制", 1000)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Everybody starts together; `done` or the code of the refusal for each."""
    gate, outcomes = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
            outcomes[place] = "done"
        except DomainError as refusal:
            outcomes[place] = refusal.code

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_a_request_comes_back_as_entered_and_once(ports: Books) -> None:
    book = ports.service.requests
    book.add(REQUEST)
    book.add(replace(REQUEST, subject="building:b"))
    assert book.find("r-1") == REQUEST
    assert book.requests({"office"}) == [REQUEST]
    assert book.requests({"school"}) == book.requests(set()) == []
    assert book.find("r-2") is None


def test_requests_come_newest_first_within_their_span_and_unfinished_ones_apart(ports: Books) -> None:
    book = ports.service.requests
    later = replace(REQUEST, request_id="r-2", asked_ms=2000, state=RequestState.CLOSED)
    other = replace(REQUEST, request_id="r-3", institution_id="school", state=RequestState.DONE)
    for request in (REQUEST, later, other):
        book.add(request)
    assert book.requests({"office"}) == [later, REQUEST]
    assert book.requests({"office"}, start_ms=1001) == [later]
    assert book.requests({"office"}, end_ms=2000) == [REQUEST]
    assert book.requests({"office"}, limit=1) == [later]
    assert book.unfinished({"office"}) == [REQUEST]
    assert {one.request_id for one in book.unfinished()} == {"r-1", "r-3"}


def test_a_request_is_moved_only_from_what_it_was_seen_as(ports: Books) -> None:
    book = ports.service.requests
    book.add(REQUEST)
    accepted = replace(REQUEST, state=RequestState.ACCEPTED)
    book.move(accepted, was=REQUEST)
    with pytest.raises(DomainError) as refusal:
        book.move(replace(REQUEST, state=RequestState.CANCELLED), was=REQUEST)
    assert (refusal.value.code, refusal.value.status) == ("error.request_moved", 409)
    assert book.find("r-1") == accepted


def test_of_two_ratings_at_once_one_stands(ports: Books) -> None:
    book, done = ports.service.requests, replace(REQUEST, state=RequestState.DONE, rating=None)
    book.add(done)
    ratings = [replace(done, rating=Rating(stars, "li", 9000)) for stars in (1, 5)]
    outcomes = at_once(*(lambda rated=one: book.move(rated, was=done) for one in ratings))  # type: ignore[misc]
    assert sorted(outcomes) == ["done", "error.request_moved"]
    assert book.find("r-1") == ratings[outcomes.index("done")]


@pytest.mark.parametrize(
    ("start_h", "end_h", "change", "is_refused"),
    [
        (8, 10, {}, False),
        (12, 14, {}, False),
        (8, 11, {}, True),
        (11, 14, {}, True),
        (10.5, 11, {}, True),
        (8, 14, {}, True),
        (10, 12, {"subject": "room:meet-2"}, False),
        (10, 12, {"institution_id": "school"}, False),
    ],
)
def test_a_booking_holds_its_subject_for_its_time(
    ports: Books, start_h: float, end_h: float, change: dict[str, str], is_refused: bool
) -> None:
    book = ports.service.requests
    book.add(BOOKING)
    wish = replace(BOOKING, request_id="b-2", start_ms=round(start_h * HOUR), end_ms=round(end_h * HOUR), **change)
    if is_refused:
        with pytest.raises(DomainError) as refusal:
            book.add(wish)
        assert refusal.value.facts == {"subject": "room:meet-1", "request": "b-1"}
        assert book.find("b-2") is None
    else:
        book.add(wish)


@pytest.mark.parametrize("state", [RequestState.CANCELLED, RequestState.REJECTED])
def test_a_booking_that_was_given_up_holds_nothing(ports: Books, state: RequestState) -> None:
    book = ports.service.requests
    book.add(BOOKING)
    book.move(replace(BOOKING, state=state), was=BOOKING)
    again = replace(BOOKING, request_id="b-2")
    book.add(again)
    assert book.find("b-2") == again


@pytest.mark.parametrize("day", range(5))
def test_of_several_who_book_one_room_at_once_exactly_one_gets_it(ports: Books, day: int) -> None:
    book = ports.service.requests
    wishes = [
        replace(BOOKING, request_id=f"b-{number}", start_ms=(10 + number) * HOUR, end_ms=20 * HOUR + day)
        for number in range(4)
    ]
    outcomes = at_once(*(lambda wish=wish: book.add(wish) for wish in wishes))  # type: ignore[misc]
    assert sorted(outcomes) == ["done", *["error.booking_conflict"] * 3]
    assert len(book.requests({"office"})) == 1


@pytest.mark.parametrize("round_number", range(5))
def test_words_of_departments_spoken_at_once_are_all_kept(ports: Books, round_number: int) -> None:
    book = ports.service.cases
    book.save(CASE)

    def speak(department: str) -> Callable[[], object]:
        return lambda: book.approve("c-1", department, agreed=True, by=department, note="", at_ms=round_number)

    departments = [one.department for one in CASE.approvals]
    assert at_once(*map(speak, departments)) == ["done"] * 3
    case = book.find("c-1")
    assert case is not None
    assert [(one.agreed, one.by) for one in case.approvals] == [(True, one) for one in departments]
    assert case.state is CaseState.AGREED


def test_one_word_against_it_decides_the_case(ports: Books) -> None:
    book = ports.service.cases
    book.save(CASE)
    assert book.approve("c-1", "energy", agreed=True, by="li", note="", at_ms=1).state is CaseState.OPEN
    refused = book.approve("c-1", "finance", agreed=False, by="wang", note="贵", at_ms=2)
    assert (refused.state, book.find("c-1")) == (CaseState.REFUSED, refused)
    for department, code in (("real_estate", "error.already_decided"), ("safety", "error.not_asked")):
        with pytest.raises(DomainError) as refusal:
            book.approve("c-1", department, agreed=True, by="x", note="", at_ms=3)
        assert (refusal.value.code, refusal.value.status) == (code, 409)
    with pytest.raises(DomainError) as unknown:
        book.approve("c-2", "energy", agreed=True, by="x", note="", at_ms=3)
    assert unknown.value.status == 404


def test_nobody_speaks_twice_for_one_department(ports: Books) -> None:
    book = ports.service.cases
    book.save(CASE)
    outcomes = at_once(
        *(lambda by=by: book.approve("c-1", "energy", agreed=True, by=by, note="", at_ms=1) for by in "abc")  # type: ignore[misc]
    )
    assert sorted(outcomes) == ["done", *["error.already_decided"] * 2]


def test_a_case_is_changed_whole_and_comes_back_so(ports: Books) -> None:
    book = ports.service.cases
    newer = replace(CASE, case_id="c-2", opened_ms=2000)
    for case in (CASE, newer):
        book.save(case)
    closed = book.change("c-1", lambda case: replace(case, state=CaseState.CLOSED, closed_by="li", outcome="修好"))
    assert book.cases({"office"}) == [newer, closed]
    assert book.cases({"school"}) == []
    with pytest.raises(DomainError):
        book.change("c-3", lambda case: case)


def test_uses_of_a_grant_counted_at_once_are_all_counted(ports: Books) -> None:
    book = ports.service.grants
    book.save(GRANT)
    assert at_once(*(lambda: [book.use("g-1", 5) for _ in range(5)] for _ in range(3))) == ["done"] * 3
    grant = book.find("g-1")
    assert grant is not None
    assert (grant.uses, grant.last_used_ms) == (15, 5)
    book.use("g-2", 5)
    assert book.find("g-2") is None


def test_a_grant_decided_while_it_is_counted_loses_neither(ports: Books) -> None:
    book = ports.service.grants
    book.save(GRANT)

    def decide() -> object:
        return book.change("g-1", lambda grant: replace(grant, state=GrantState.GRANTED, decided_by="wang"))

    assert at_once(decide, lambda: book.use("g-1", 5)) == ["done", "done"]
    grant = book.find("g-1")
    assert grant is not None
    assert (grant.state, grant.uses) == (GrantState.GRANTED, 1)
    assert book.grants({"office"}) == [grant]
    assert book.grants({"school"}) == []
