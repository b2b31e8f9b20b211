"""Alarms, risks and case files of one institution, and how to call their routes."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from cloud.core.event import Severity
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.alarm_life import open_alarm
from cloud.risk.analysis import Circumstances, open_risk
from cloud.risk.case_document import Addressee, case_file_of
from cloud.risk.case_file import CaseFile
from cloud.risk.incidence import outlook
from cloud.risk.library import load_library
from cloud.risk.risk import Risk
from tests.support.cloud_world import World
from tests.support.risk_rules import an_event

RULE_ID = "E10"
"""A rule of the energy department, whose people the table of routes asks for."""

PERSONAL_RULE, PERSONAL_DEPARTMENT = "V01", "vehicle"
_numbers = count(1)


def alarm(world: World, institution_id: str = "office", rule_id: str = RULE_ID, **changes: Any) -> Alarm:
    """A new unacknowledged alarm with its event in the log."""
    rule, now_ms = load_library().get(rule_id), world.clock.now_ms()
    assert rule is not None
    subject = f"device:{institution_id}-thing-{next(_numbers)}"
    event = an_event(
        rule.kind, now_ms, institution_id=institution_id, subject=subject, is_restricted=rule.is_restricted
    )
    world.services.event_log.append([event])
    department = world.services.departments.answering(rule.kind)
    made = replace(open_alarm(rule, event, department=department, now_ms=now_ms), **changes)
    world.services.risk.alarms.save(made)
    return made


def risk(world: World, institution_id: str = "office", rule_id: str = RULE_ID, **changes: Any) -> Risk:
    """A new orange risk with its alarm."""
    rule, now_ms = load_library().get(rule_id), world.clock.now_ms()
    assert rule is not None
    raised = alarm(world, institution_id, rule_id)
    known = Circumstances(now_ms, outlook([], now_ms, now_ms, 7), {"peak_shown": "93 kW", "person": "wang"})
    made = replace(open_risk(raised, rule, known), **{"colour": Severity.ORANGE, **changes})
    world.services.risk.register.save(made)
    return made


def case_file(world: World, institution_id: str = "office") -> CaseFile:
    """A new case file that waits for the superior."""
    services, now_ms = world.services, world.clock.now_ms()
    made = case_file_of(risk(world, institution_id), [], Addressee("city", now_ms), services.sealing_key, now_ms)
    services.risk.inbox.save(made)
    return made


def one_alarm(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"alarm_id": alarm(world, institution_id).alarm_id}}


def shelving(world: World, institution_id: str) -> dict[str, Any]:
    return one_alarm(world, institution_id) | {"json": {"minutes": 30, "reason": "works"}}


def shelved_alarm(world: World, institution_id: str) -> dict[str, Any]:
    until_ms = world.clock.now_ms() + 60_000
    made = alarm(world, institution_id)
    world.services.risk.alarms.save(replace(made, state=AlarmState.SHELVED, shelved_until_ms=until_ms))
    return {"path": {"alarm_id": made.alarm_id}}


def one_risk(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"risk_id": risk(world, institution_id).risk_id}}


def treatment(world: World, institution_id: str) -> dict[str, Any]:
    return one_risk(world, institution_id) | {"json": {"kind": "advice", "note": "done"}}


def label(world: World, institution_id: str) -> dict[str, Any]:
    return one_risk(world, institution_id) | {"json": {"label": "false"}}


def approval(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"rule_id": PERSONAL_RULE}, "params": {"institution": institution_id}}


def one_case_file(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"case_file_id": case_file(world, institution_id).case_file_id}}


def answer(world: World, institution_id: str) -> dict[str, Any]:
    return one_case_file(world, institution_id) | {"json": {"action": "order", "text": "处理"}}
