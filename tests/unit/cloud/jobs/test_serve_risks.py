"""From the risk to the people and back: requests and joint cases are opened once, and their end is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.core.event import Severity
from cloud.desks.requests import move_request
from cloud.jobs.job import JobTools
from cloud.jobs.serve_risks import ServeRisks
from cloud.risk.library import load_library
from cloud.risk.risk import Risk, RiskStatus, Treatment
from cloud.risk.rule import TreatmentKind
from cloud.services.catalogue import load_services
from cloud.services.from_risk import case_title, departments_concerned, load_joint_rules
from cloud.services.joint_case import JointCase
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import Action
from device_profiles.catalogue import load_catalogue
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import head_of

OFFICE = {"office"}
DATA = {"device": "a-water", "night_l_h": 320.0, "limit_l_h": 40.0, "mean_l_h": 400.0, "usual_l_h": 12.0,
        "nights": 3, "per_day_m3": 7.7}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def leak(world: World, risk_id: str = "risk-1") -> Risk:
    """Water at night, as the risk centre enters it."""
    now_ms = world.clock.now_ms()
    steps = (
        Treatment(TreatmentKind.ADVICE, now_ms, "system", note="risk.rule.E06.advice"),
        Treatment(TreatmentKind.REQUEST, now_ms, "system", note="repair"),
    )
    risk = Risk(
        risk_id=risk_id,
        institution_id="office",
        rule_id="E06",
        department="real_estate",
        subject="building:building-a",
        likelihood=3,
        consequence=4,
        colour=Severity.ORANGE,
        status=RiskStatus.OPEN,
        opened_ms=now_ms,
        due_ms=now_ms + 1,
        opened_by_event="e-1",
        data=DATA,
        treatments=steps,
    )
    world.services.risk.register.save(risk)
    return risk


def job(world: World) -> ServeRisks:
    return ServeRisks(JobTools(world.services, world.services.departments, load_catalogue()))


def requests(world: World) -> list[ServiceRequest]:
    return world.services.service.requests.requests(OFFICE)


def cases(world: World) -> list[JointCase]:
    return world.services.service.cases.cases(OFFICE)


def risk_now(world: World, risk_id: str = "risk-1") -> Risk:
    risk = world.services.risk.register.find(risk_id)
    assert risk is not None
    return risk


def finish(world: World, request: ServiceRequest) -> None:
    for action in (Action.ACCEPT, Action.START, Action.FINISH):
        move_request(world.services, head_of("real_estate"), request.request_id, action)


def test_a_wanted_request_is_opened_once_and_named_by_the_risk(world: World) -> None:
    leak(world)
    for _ in range(2):
        job(world).run()
    [request] = requests(world)
    assert (request.service, request.risk_id, request.asked_by) == ("repair", "risk-1", "system")
    assert (request.department, request.asking_department) == ("real_estate", "real_estate")
    assert (request.fields["trouble"], request.fields["urgent"]) == ("water", True)
    assert "320" in str(request.fields["description"])
    assert risk_now(world).treatments[1].reference == request.request_id
    assert risk_now(world).status is RiskStatus.TREATING


def test_a_crash_between_request_and_reference_opens_no_second_one(world: World) -> None:
    risk = leak(world)
    job(world).run()
    world.services.risk.register.save(risk)
    job(world).run()
    [request] = requests(world)
    assert risk_now(world).treatments[1].reference == request.request_id


def test_the_work_done_leaves_the_risk_handled(world: World) -> None:
    leak(world)
    job(world).run()
    [request] = requests(world)
    finish(world, request)
    job(world).run()
    risk = risk_now(world)
    assert (risk.status, risk.handled_ms) == (RiskStatus.HANDLED, world.clock.now_ms())
    assert risk.treatments[1].ended_ms == world.clock.now_ms()


def test_a_rejected_request_leaves_the_risk_open_for_another_way(world: World) -> None:
    leak(world)
    job(world).run()
    [request] = requests(world)
    move_request(world.services, head_of("real_estate"), request.request_id, Action.REJECT, "不属本部门")
    for _ in range(2):
        job(world).run()
    assert risk_now(world).status is RiskStatus.OPEN
    assert len(requests(world)) == 1


def test_what_comes_back_gets_a_request_of_its_own(world: World) -> None:
    leak(world)
    job(world).run()
    finish(world, requests(world)[0])
    job(world).run()
    again = Treatment(TreatmentKind.REQUEST, world.clock.now_ms(), "system", note="repair")
    risk = risk_now(world)
    world.services.risk.register.save(
        replace(risk, status=RiskStatus.OPEN, handled_ms=None, treatments=(*risk.treatments, again))
    )
    job(world).run()
    assert {one.state for one in requests(world)} == {RequestState.DONE, RequestState.SUBMITTED}


def test_the_department_of_the_risk_confirms_what_the_system_asked_for(world: World) -> None:
    leak(world)
    job(world).run()
    [request] = requests(world)
    finish(world, request)
    with pytest.raises(DomainError) as refusal:
        move_request(world.services, head_of("finance"), request.request_id, Action.CONFIRM)
    assert refusal.value.status == 404
    confirmed = move_request(world.services, head_of("real_estate"), request.request_id, Action.CONFIRM)
    assert confirmed.state is RequestState.CONFIRMED


def test_a_leak_is_a_joint_case_of_three_departments_with_one_deadline(world: World) -> None:
    leak(world)
    for _ in range(2):
        job(world).run()
    [case] = cases(world)
    assert [one.department for one in case.approvals] == ["real_estate", "energy", "finance"]
    assert (case.lead, case.opened_by, case.risk_ids) == ("real_estate", "system", ("risk-1",))
    assert case.due_ms - case.opened_ms == 72 * 3_600_000


def test_people_read_the_name_of_the_place_and_never_its_id(world: World) -> None:
    leak(world)
    job(world).run()
    [case], [request] = cases(world), requests(world)
    assert case.title == "甲：夜间持续用水"
    assert case_title(leak(world), "A", "en") == "A: Water running at night"
    assert str(request.fields["description"]).startswith("甲 ")
    assert "building:" not in case.title + str(request.fields["description"])


def test_words_already_spoken_survive_later_rounds(world: World) -> None:
    leak(world)
    job(world).run()
    [case] = cases(world)
    world.services.service.cases.approve(case.case_id, "energy", agreed=True, by="li", note="", at_ms=1)
    job(world).run()
    [after] = cases(world)
    assert [one.agreed for one in after.approvals] == [None, True, None]


def test_two_risks_of_one_matter_are_one_case_until_somebody_has_spoken(world: World) -> None:
    first = leak(world)
    world.services.risk.register.save(replace(first, risk_id="risk-2", rule_id="F02", department="finance"))
    for _ in range(2):
        job(world).run()
    [case] = cases(world)
    assert set(case.risk_ids) == {"risk-1", "risk-2"}
    world.services.service.cases.approve(case.case_id, "energy", agreed=True, by="li", note="", at_ms=1)
    world.services.risk.register.save(replace(first, risk_id="risk-3"))
    for _ in range(2):
        job(world).run()
    assert sorted(one.risk_ids for one in cases(world)) == [case.risk_ids, ("risk-3",)]


@pytest.mark.parametrize(
    ("change", "departments"),
    [
        ({}, ["real_estate", "energy", "finance"]),
        ({"colour": Severity.YELLOW}, ["real_estate"]),
        ({"colour": Severity.RED}, ["real_estate", "energy", "finance", "general"]),
        ({"rule_id": "A01"}, ["real_estate"]),
        ({"rule_id": "A01", "colour": Severity.RED}, ["real_estate", "general"]),
        ({"rule_id": "A01", "wants_joint_case": True}, ["real_estate"]),
        ({"rule_id": "V10", "colour": Severity.RED}, ["real_estate"]),
        ({"wants_joint_case": True}, ["real_estate", "energy", "finance", "safety"]),
        ({"colour": Severity.RED, "is_restricted": True}, ["real_estate"]),
    ],
)
def test_the_rule_the_colour_and_the_neighbours_say_whom_a_risk_concerns(
    world: World, change: dict[str, Any], departments: list[str]
) -> None:
    risk = leak(world)
    beside = replace(risk, risk_id="b", department="safety")
    hidden = replace(risk, risk_id="h", department="vehicle", is_restricted=True)
    elsewhere = replace(risk, risk_id="e", department="asset", subject="building:b")
    others = [risk, beside, hidden, elsewhere]
    assert departments_concerned(replace(risk, **change), others, load_joint_rules()) == departments


def test_nothing_about_a_person_becomes_a_joint_case_and_its_request_stays_restricted(world: World) -> None:
    world.services.risk.register.save(replace(leak(world), is_restricted=True, colour=Severity.RED))
    job(world).run()
    [request] = requests(world)
    assert request.is_restricted
    assert cases(world) == []


def test_every_playbook_names_a_service_that_answers_risks_and_every_joint_rule_departments(world: World) -> None:
    services, departments = load_services(), {one.id for one in world.services.departments.all()}
    named = [rule.playbook.service for rule in load_library().all() if rule.playbook.service is not None]
    assert named
    assert all(services[code].risk is not None for code in named)
    joint = load_joint_rules()
    assert all(set(rule.departments) <= departments for rule in joint.rules.values())
    assert set(joint.for_red) <= departments
