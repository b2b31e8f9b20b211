"""Requests through their desk: who files, sees, moves and rates what, and what can be booked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.core.access import ANONYMOUS, Principal, Role
from cloud.core.calendar import day_start_ms, local_day
from cloud.desks.public_requests import file_public_request, public_state
from cloud.desks.request_parties import find_request
from cloud.desks.requests import (
    RequestDraft,
    availability,
    file_request,
    move_request,
    rate_request,
    requests_for,
    services_for,
)
from cloud.records.record import Record, RecordImport
from cloud.services.request import RequestState
from cloud.services.request_life import Action
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import FAULT, SUBJECT, WISH, done_repair, head_of, refused, repair, staff

HOUR, DAY = 3_600_000, 86_400_000
OFFICE = frozenset({"office"})
MEETING = {"purpose": "周例会", "persons": 12}
VISIT = {"visitor": "王小明", "persons": 1, "purpose": "会谈", "expected_on": "2026-10-01"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def put(world: World, kind: str, record_id: str, subject: str, start_ms: int, end_ms: int, **fields: object) -> None:
    record = Record("office", kind, record_id, "general", subject, start_ms, end_ms, fields)  # type: ignore[arg-type]
    world.services.records.put([record], RecordImport(f"i-{record_id}", "office", kind, "f", "d", "li", 1))


def meeting_room(world: World) -> str:
    put(world, "room", "meet-1", "room:meet-1", 0, 0, use="meeting")
    return "room:meet-1"


def room_draft(world: World, hours_from_now: float = 24, hours: float = 2) -> RequestDraft:
    start_ms = world.clock.now_ms() + round(hours_from_now * HOUR)
    end_ms = start_ms + round(hours * HOUR)
    return RequestDraft("office", "meeting_room", "room:meet-1", MEETING, start_ms=start_ms, end_ms=end_ms)


def test_a_request_goes_its_way_between_asker_and_department(world: World) -> None:
    services, head, asker = world.services, head_of("real_estate"), staff()
    request = repair(world)
    for action in (Action.ACCEPT, Action.ASSIGN):
        move_request(services, head, request.request_id, action, assignee="zhao")
    craftsman = staff("zhao", department="real_estate")
    for action in (Action.START, Action.FINISH):
        move_request(services, craftsman, request.request_id, action)
    move_request(services, asker, request.request_id, Action.CONFIRM)
    rated = rate_request(services, asker, request.request_id, 5, "很快")
    assert rated.rating is not None
    closed = move_request(services, head, request.request_id, Action.CLOSE)
    assert closed.state is RequestState.CLOSED
    actions = [one.action for one in services.audit.recent(OFFICE, limit=8)]
    assert actions == [f"request.{one}" for one in
                       ("close", "rate", "confirm", "finish", "start", "assign", "accept", "file")]  # fmt: skip
    assert len(world.wakes) == 8


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.SUPERIOR, Role.PUBLIC])
def test_who_judges_or_only_looks_files_and_moves_nothing(world: World, role: Role) -> None:
    request = repair(world)
    principal = Principal("li", frozenset({role}), OFFICE, "real_estate")
    before = world.services.audit.recent(OFFICE)
    draft = RequestDraft("office", "repair", SUBJECT, FAULT)
    assert refused(file_request, world.services, principal, draft) == ("error.forbidden", 403)
    moving = refused(move_request, world.services, principal, request.request_id, Action.CANCEL)
    assert moving == ("error.forbidden", 403)
    assert refused(rate_request, world.services, principal, request.request_id, 5)[1] == 403
    assert world.services.audit.recent(OFFICE) == before


def test_staff_see_their_own_heads_their_department_and_dispatchers_all(world: World) -> None:
    mine, other = repair(world), repair(world, asker=staff("zhao", department="finance"))
    services = world.services
    everything = [other.request_id, mine.request_id]

    def seen(principal: Principal) -> list[str]:
        return sorted(one.request_id for one in requests_for(services, principal, OFFICE))

    dispatcher = Principal("d", frozenset({Role.DISPATCHER}), OFFICE, "safety")
    assert seen(staff()) == [mine.request_id]
    assert seen(head_of("real_estate")) == sorted(everything)
    assert seen(head_of("finance")) == [other.request_id]
    assert seen(head_of("vehicle")) == []
    assert seen(dispatcher) == sorted(everything)
    assert refused(find_request, services, head_of("vehicle"), mine.request_id) == ("error.not_found", 404)
    assert refused(find_request, services, staff(institution_id="school"), mine.request_id)[1] == 404


def test_a_restricted_request_is_seen_by_its_asker_and_those_who_answer_for_it(world: World) -> None:
    services = world.services
    draft = RequestDraft("office", "visitor", SUBJECT, VISIT)
    request = file_request(services, staff(), draft)
    dispatcher = Principal("d", frozenset({Role.DISPATCHER}), OFFICE, None)
    for allowed in (staff(), head_of("safety"), dispatcher):
        assert find_request(services, allowed, request.request_id) == request
    officer = Principal("o", frozenset({Role.ENERGY_OFFICER}), OFFICE, "energy")
    auditor = Principal("a", frozenset({Role.AUDITOR}), OFFICE)
    for stranger in (head_of("general"), head_of("energy"), officer, auditor, staff("zhao")):
        assert refused(find_request, services, stranger, request.request_id)[1] == 404
        assert requests_for(services, stranger, OFFICE) == []


def test_an_account_called_system_or_public_owns_no_requests_of_theirs(world: World) -> None:
    services = world.services
    receipt = file_public_request(services, ANONYMOUS, RequestDraft("office", "public_request", SUBJECT, WISH))
    assert refused(find_request, services, staff("public"), receipt.reference)[1] == 404
    request = replace(repair(world), request_id="of-system", asked_by="system", asking_department="energy")
    services.service.requests.add(request)
    assert refused(find_request, services, staff("system"), "of-system")[1] == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"service": "moon"}, "error.service_unknown"),
        ({"subject": "building:moon"}, "error.subject_unknown"),
        ({"subject": "person:li"}, "error.subject_unknown"),
        ({"subject": "nonsense"}, "error.subject_unknown"),
        ({"fields": {}}, "error.field_missing"),
        ({"start_ms": 1, "end_ms": 2}, "error.service_not_bookable"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_nothing_written(
    world: World, change: dict[str, Any], code: str
) -> None:
    draft = replace(RequestDraft("office", "repair", SUBJECT, FAULT), **change)
    before = world.services.audit.recent(OFFICE)
    assert refused(file_request, world.services, staff(), draft) == (code, 422)
    assert world.services.audit.recent(OFFICE) == before
    assert world.services.service.requests.requests(OFFICE) == []


def test_a_room_is_booked_once(world: World) -> None:
    meeting_room(world)
    first = file_request(world.services, staff(), room_draft(world))
    clash = room_draft(world, hours_from_now=25)
    assert refused(file_request, world.services, staff("zhao"), clash) == ("error.booking_conflict", 409)
    file_request(world.services, staff("zhao"), room_draft(world, hours_from_now=26))
    move_request(world.services, staff(), first.request_id, Action.CANCEL)
    file_request(world.services, staff("zhao"), replace(clash, end_ms=clash.start_ms + HOUR))  # type: ignore[operator]


@pytest.mark.parametrize(("approved", "is_taken"), [(True, True), (False, False)])
def test_a_booking_that_came_by_import_holds_its_room_when_approved(
    world: World, approved: bool, is_taken: bool
) -> None:
    meeting_room(world)
    start_ms = world.clock.now_ms() + 24 * HOUR
    put(world, "booking", "b-17", "room:meet-1", start_ms, start_ms + HOUR, approved=approved)
    if is_taken:
        assert refused(file_request, world.services, staff(), room_draft(world))[0] == "error.booking_conflict"
    else:
        file_request(world.services, staff(), room_draft(world))


def test_a_vehicle_with_an_approved_order_is_taken(world: World) -> None:
    put(world, "vehicle_book", "car-1", "vehicle:car-1", 0, 0, plate="浙A12345")
    start_ms = world.clock.now_ms() + DAY
    put(world, "vehicle_order", "o-1", "vehicle:car-1", start_ms, start_ms + 3 * HOUR, approved=True)
    fields = {"purpose": "meeting", "destination": "杭州", "passengers": 3}
    draft = RequestDraft("office", "vehicle", "vehicle:car-1", fields, "", start_ms + HOUR, start_ms + 2 * HOUR)
    assert refused(file_request, world.services, staff(), draft) == ("error.booking_conflict", 409)
    later = replace(draft, start_ms=start_ms + 3 * HOUR, end_ms=start_ms + 4 * HOUR)
    assert file_request(world.services, staff(), later).department == "vehicle"


@pytest.mark.parametrize(
    ("hours_from_now", "hours", "code"),
    [
        (24, 0, "error.span_backwards"),
        (24, -1, "error.span_backwards"),
        (-1, 2, "error.booking_in_the_past"),
        (24, 24 * 8, "error.booking_too_long"),
        (24 * 400, 1, "error.booking_too_far"),
    ],
)
def test_a_booking_needs_a_time_that_can_be(world: World, hours_from_now: float, hours: float, code: str) -> None:
    meeting_room(world)
    draft = room_draft(world, hours_from_now, hours)
    assert refused(file_request, world.services, staff(), draft) == (code, 422)
    timeless = replace(draft, start_ms=None)
    assert refused(file_request, world.services, staff(), timeless)[0] == "error.booking_time_missing"


def test_an_office_cannot_be_booked_as_a_meeting_room(world: World) -> None:
    put(world, "room", "a-101", "room:a-101", 0, 0, use="office")
    draft = replace(room_draft(world), subject="room:a-101")
    assert refused(file_request, world.services, staff(), draft) == ("error.subject_unknown", 422)


def test_availability_shows_requests_and_imported_bookings_in_order(world: World) -> None:
    meeting_room(world)
    day = day_start_ms(local_day(world.clock.now_ms())) + DAY
    put(world, "booking", "b-1", "room:meet-1", day + 9 * HOUR, day + 10 * HOUR, approved=True)
    draft = RequestDraft("office", "meeting_room", "room:meet-1", MEETING, "", day + 8 * HOUR, day + 9 * HOUR)
    file_request(world.services, staff(), draft)
    found = availability(world.services, staff("zhao"), "meeting_room", "office", day, day + DAY)
    assert [one.subject for one in found.places] == ["room:meet-1"]
    assert [(one.start_ms - day, one.end_ms - day) for one in found.holds] == [
        (8 * HOUR, 9 * HOUR), (9 * HOUR, 10 * HOUR),
    ]  # fmt: skip
    assert availability(world.services, staff(), "meeting_room", "office", day, day + 8 * HOUR).holds == []
    wrong = refused(availability, world.services, staff(), "repair", "office", day, day + 1)
    assert wrong == ("error.service_not_bookable", 422)


def test_the_public_asks_without_a_name_and_learns_the_state_by_its_code(world: World) -> None:
    services = world.services
    draft = RequestDraft("office", "public_request", SUBJECT, {**WISH, "contact": "13912345678"})
    receipt = file_public_request(services, ANONYMOUS, draft)
    state = public_state(services, ANONYMOUS, receipt.reference.lower(), f" {receipt.code.lower()} ")
    assert (state.reference, state.state) == (receipt.reference, RequestState.SUBMITTED)
    assert "13912345678" not in repr(state)
    for reference, code in ((receipt.reference, "WRONG"), ("PR-UNKNOWN", receipt.code), (receipt.reference, "")):
        assert refused(public_state, services, ANONYMOUS, reference, code) == ("error.not_found", 404)
    request = services.service.requests.find(receipt.reference)
    assert request is not None
    assert receipt.code not in repr(request)
    move_request(services, head_of("general"), receipt.reference, Action.REJECT, "不属本单位")
    assert public_state(services, ANONYMOUS, receipt.reference, receipt.code).state is RequestState.REJECTED


def test_the_code_of_a_public_request_opens_no_request_of_staff(world: World) -> None:
    request = done_repair(world)
    assert refused(public_state, world.services, ANONYMOUS, request.request_id, "")[1] == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [({"institution_id": "moon"}, 404), ({"service": "repair"}, 422), ({"subject": "building:moon"}, 422)],
)
def test_the_public_reaches_its_own_services_of_known_institutions_only(
    world: World, change: dict[str, Any], status: int
) -> None:
    draft = replace(RequestDraft("office", "public_request", SUBJECT, WISH), **change)
    assert refused(file_public_request, world.services, ANONYMOUS, draft)[1] == status


def test_a_flood_of_public_requests_is_dammed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.desks.public_requests.MOST_PER_HOUR", 2)
    draft = RequestDraft("office", "public_request", SUBJECT, WISH)
    for _ in range(2):
        file_public_request(world.services, ANONYMOUS, draft)
    assert refused(file_public_request, world.services, ANONYMOUS, draft) == ("error.too_many_requests", 429)
    world.clock.advance(3601)
    file_public_request(world.services, ANONYMOUS, draft)


def test_the_public_is_shown_public_services_only() -> None:
    assert {one.code for one in services_for(ANONYMOUS)} == {"public_request", "suggestion"}
    assert {"repair", "meeting_room"} <= {one.code for one in services_for(staff())}
