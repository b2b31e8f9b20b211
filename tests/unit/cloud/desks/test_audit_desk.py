"""The audit trail tells nobody of a person's matter who may not know of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.access import Principal, Role
from cloud.desks.alarms import acknowledge_alarm
from cloud.desks.audit import audit_for
from cloud.desks.requests import RequestDraft, file_request
from cloud.desks.risks import treat_risk
from cloud.risk.rule import TreatmentKind
from foundation.errors import DomainError
from tests.support import risk_cases, service_cases
from tests.support.cloud_world import World, cloud_world

OFFICE = frozenset({"office"})
DISPATCHER = Principal("zhou", frozenset({Role.DISPATCHER}), OFFICE)
AUDITOR = Principal("qian", frozenset({Role.AUDITOR}), OFFICE)
ADMINISTRATOR = Principal("admin", frozenset({Role.ADMINISTRATOR}), OFFICE)
OVERSEEING_DISPATCHER = replace(AUDITOR, roles=frozenset({Role.AUDITOR, Role.DISPATCHER}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def subjects(world: World, principal: Principal, limit: int = 100) -> list[str]:
    return [one.subject for one in audit_for(world.services, principal, OFFICE, limit=limit)]


@pytest.mark.parametrize("reader", [AUDITOR, ADMINISTRATOR], ids=["auditor", "administrator"])
def test_what_was_done_about_a_persons_matter_is_not_in_the_trail_of_others(world: World, reader: Principal) -> None:
    trip, open_one = (risk_cases.risk(world, rule_id=rule_id) for rule_id in ("V01", "V10"))
    for risk in (trip, open_one):
        acknowledge_alarm(world.services, DISPATCHER, risk.alarm_ids[0])
        treat_risk(world.services, DISPATCHER, risk.risk_id, TreatmentKind.ADVICE, "已问王师傅")
    shown = subjects(world, reader)
    assert {f"alarm:{open_one.alarm_ids[0]}", f"risk:{open_one.risk_id}"} <= set(shown)
    assert not {f"alarm:{trip.alarm_ids[0]}", f"risk:{trip.risk_id}"} & set(shown)
    assert f"risk:{trip.risk_id}" in subjects(world, OVERSEEING_DISPATCHER)


def test_the_trail_does_not_tell_who_made_a_suggestion(world: World) -> None:
    wish = {"about": "catering", "text": "太咸"}
    asker = service_cases.staff()
    filed = file_request(world.services, asker, RequestDraft("office", "suggestion", "institution:office", wish))
    repair = service_cases.repair(world)
    assert filed.is_restricted
    assert f"request:{filed.request_id}" not in subjects(world, AUDITOR)
    assert f"request:{repair.request_id}" in subjects(world, AUDITOR)


def test_hidden_rows_leave_no_shorter_list_behind(world: World) -> None:
    open_one, trip = (risk_cases.risk(world, rule_id=rule_id) for rule_id in ("V10", "V01"))
    for risk in (open_one, trip, trip, trip):
        treat_risk(world.services, DISPATCHER, risk.risk_id, TreatmentKind.ADVICE, "x")
    assert subjects(world, AUDITOR, limit=2) == [f"risk:{open_one.risk_id}", "threshold:t"]


def test_the_trail_is_for_those_who_may_read_it_and_of_their_institutions(world: World) -> None:
    for reader, scope, status in ((DISPATCHER, OFFICE, 403), (AUDITOR, {"school"}, 404)):
        with pytest.raises(DomainError) as refusal:
            audit_for(world.services, reader, scope)
        assert refusal.value.status == status
