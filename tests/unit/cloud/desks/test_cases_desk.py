"""Joint cases through their desk: who opens, sees, speaks and closes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.core.access import Principal, Role
from cloud.desks.cases import CaseDraft, approve_case, cases_for, close_case, find_case, open_case
from cloud.services.joint_case import CaseState
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import DAY_MS, SUBJECT, head_of, joint_case, refused, repair, staff

OFFICE = frozenset({"office"})
ENERGY, FINANCE = head_of("energy"), head_of("finance")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def draft(world: World) -> CaseDraft:
    return CaseDraft("office", "夜间用水", SUBJECT, ("finance", "real_estate"), world.clock.now_ms() + DAY_MS)


def test_a_case_goes_from_opening_over_words_side_by_side_to_its_end(world: World) -> None:
    services = world.services
    case = open_case(services, ENERGY, draft(world))
    assert [one.department for one in case.approvals] == ["energy", "finance", "real_estate"]
    for head in (head_of("real_estate"), ENERGY, FINANCE):
        case = approve_case(services, head, case.case_id, agreed=True)
    assert case.state is CaseState.AGREED
    assert refused(close_case, services, FINANCE, case.case_id, "done")[1] == 403
    closed = close_case(services, ENERGY, case.case_id, "已修复")
    assert (closed.state, closed.closed_by, closed.outcome) == (CaseState.CLOSED, "wang", "已修复")
    assert refused(close_case, services, ENERGY, case.case_id, "again")[1] == 409
    actions = [one.action for one in services.audit.recent(OFFICE, limit=5)]
    assert actions == ["case.close", "case.approve", "case.approve", "case.approve", "case.open"]


def test_a_case_that_waits_is_closed_only_after_its_deadline(world: World) -> None:
    case = joint_case(world)
    assert refused(close_case, world.services, ENERGY, case.case_id, "x") == ("error.case_still_open", 409)
    world.clock.advance(DAY_MS // 1000 + 1)
    assert refused(close_case, world.services, ENERGY, case.case_id, " ") == ("error.reason_missing", 422)
    assert close_case(world.services, ENERGY, case.case_id, "期满").state is CaseState.CLOSED


def test_a_refusal_needs_a_reason_and_decides(world: World) -> None:
    case = joint_case(world)
    assert refused(approve_case, world.services, FINANCE, case.case_id, agreed=False) == ("error.reason_missing", 422)
    refusing = approve_case(world.services, FINANCE, case.case_id, agreed=False, note="预算不足")
    assert refusing.state is CaseState.REFUSED


def test_nobody_speaks_for_a_department_of_others(world: World) -> None:
    case = joint_case(world)
    speaking = refused(approve_case, world.services, FINANCE, case.case_id, agreed=True, department="energy")
    assert speaking == ("error.forbidden", 403)
    officer = Principal("o", frozenset({Role.ENERGY_OFFICER}), OFFICE, None)
    spoken = approve_case(world.services, officer, case.case_id, agreed=True, department="energy")
    assert spoken.approvals[0].by == "o"
    assert refused(approve_case, world.services, officer, case.case_id, agreed=True)[0] == "error.department_not_said"


def test_a_case_is_seen_by_its_departments_and_those_who_see_all(world: World) -> None:
    case = joint_case(world)
    auditor = Principal("a", frozenset({Role.AUDITOR}), OFFICE)
    for allowed in (ENERGY, FINANCE, auditor):
        assert cases_for(world.services, allowed, OFFICE) == [case]
    for stranger in (head_of("vehicle"), head_of("energy", "school")):
        assert refused(find_case, world.services, stranger, case.case_id)[1] == 404
        assert cases_for(world.services, stranger, OFFICE) == []
    assert refused(cases_for, world.services, staff(), OFFICE)[1] == 403
    assert refused(approve_case, world.services, auditor, case.case_id, agreed=True)[1] == 403


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"departments": ("energy",)}, ("error.case_of_one_department", 422)),
        ({"departments": ("moon",)}, ("error.department_unknown", 422)),
        ({"title": " "}, ("error.name_missing", 422)),
        ({"due_ms": 1}, ("error.due_in_the_past", 422)),
        ({"due_ms": 253_402_300_799_000}, ("error.span_too_long", 422)),
        ({"subject": "building:moon"}, ("error.subject_unknown", 422)),
        ({"lead": "finance"}, ("error.forbidden", 403)),
        ({"institution_id": "school"}, ("error.not_found", 404)),
        ({"risk_ids": ("moon",)}, ("error.not_found", 404)),
        ({"request_ids": ("moon",)}, ("error.not_found", 404)),
    ],
)
def test_a_case_that_makes_no_sense_is_refused(world: World, change: dict[str, Any], outcome: tuple[str, int]) -> None:
    careless = replace(draft(world), **change)
    assert refused(open_case, world.services, ENERGY, careless) == outcome
    assert cases_for(world.services, ENERGY, OFFICE) == []


def test_a_case_names_requests_that_its_opener_may_see(world: World) -> None:
    request = repair(world)
    case = open_case(world.services, ENERGY, replace(draft(world), request_ids=(request.request_id,)))
    assert case.request_ids == (request.request_id,)
    theirs = repair(world, asker=staff("zhao", department="vehicle"))
    unseen = replace(draft(world), request_ids=(theirs.request_id,))
    assert refused(open_case, world.services, ENERGY, unseen)[1] == 404
