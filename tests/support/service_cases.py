"""How to call the routes of the service platform about one institution, for the table of who may what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cloud.core.access import ANONYMOUS, Principal, Role
from cloud.desks.cases import CaseDraft, approve_case, open_case
from cloud.desks.datasets import ask_for_dataset, decide_on_dataset
from cloud.desks.public_requests import file_public_request
from cloud.desks.requests import RequestDraft, file_request, move_request
from cloud.services.dataset_grant import DatasetGrant, GrantState
from cloud.services.joint_case import JointCase
from cloud.services.request import ServiceRequest
from cloud.services.request_life import Action
from foundation.errors import DomainError
from tests.support.cloud_world import World

DAY_MS = 86_400_000
SUBJECT = "building:building-a"
FAULT = {"trouble": "water", "description": "水管漏水"}
WISH = {"category": "facility", "description": "路灯不亮"}


def refused(act: Callable[..., object], *arguments: object, **named: object) -> tuple[str, int]:
    """Code and status with which a call is refused; fails the test when it is not."""
    with pytest.raises(DomainError) as refusal:
        act(*arguments, **named)
    return refusal.value.code, refusal.value.status


def head_of(department: str, institution_id: str = "office", name: str = "wang") -> Principal:
    """The head of a department."""
    return Principal(name, frozenset({Role.DEPARTMENT_HEAD}), frozenset({institution_id}), department)


def staff(name: str = "li", institution_id: str = "office", department: str | None = "energy") -> Principal:
    """Somebody who works there."""
    return Principal(name, frozenset({Role.STAFF}), frozenset({institution_id}), department)


def repair(world: World, institution_id: str = "office", asker: Principal | None = None) -> ServiceRequest:
    """A new repair request of `li`."""
    draft = RequestDraft(institution_id, "repair", SUBJECT, FAULT)
    return file_request(world.services, asker or staff(institution_id=institution_id), draft)


def done_repair(world: World, institution_id: str = "office") -> ServiceRequest:
    """A repair request of `li` that has been done."""
    request, head = repair(world, institution_id), head_of("real_estate", institution_id)
    for action in (Action.ACCEPT, Action.START, Action.FINISH):
        request = move_request(world.services, head, request.request_id, action)
    return request


def new_request(world: World, institution_id: str) -> dict[str, Any]:
    return {"json": {"institution": institution_id, "service": "repair", "subject": SUBJECT, "fields": FAULT}}


def one_request(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"request_id": repair(world, institution_id).request_id}}


def request_move(world: World, institution_id: str) -> dict[str, Any]:
    return one_request(world, institution_id) | {"json": {"action": "cancel"}}


def request_rating(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"request_id": done_repair(world, institution_id).request_id}, "json": {"stars": 5}}


def availability(world: World, institution_id: str) -> dict[str, Any]:
    span = {"start": "2026-09-21T00:00:00Z", "end": "2026-09-22T00:00:00Z"}
    return {"path": {"service": "meeting_room"}, "params": {"institution": institution_id, **span}}


def new_public_request(world: World, institution_id: str) -> dict[str, Any]:
    body = {"institution": institution_id, "service": "public_request", "subject": SUBJECT, "fields": WISH}
    return {"json": body}


def public_request(world: World, institution_id: str) -> dict[str, Any]:
    draft = RequestDraft(institution_id, "public_request", SUBJECT, WISH)
    receipt = file_public_request(world.services, ANONYMOUS, draft)
    return {"path": {"reference": receipt.reference}, "params": {"code": receipt.code}}


def joint_case(world: World, institution_id: str = "office") -> JointCase:
    """A new case of the energy and finance departments, led by energy, due tomorrow."""
    due_ms = world.clock.now_ms() + DAY_MS
    draft = CaseDraft(institution_id, "夜间用水", SUBJECT, ("finance",), due_ms)
    return open_case(world.services, head_of("energy", institution_id), draft)


def new_case(world: World, institution_id: str) -> dict[str, Any]:
    body = {"institution": institution_id, "title": "x", "subject": SUBJECT, "departments": ["finance"]}
    return {"json": body | {"due": "2030-01-01T00:00:00Z"}}


def one_case(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"case_id": joint_case(world, institution_id).case_id}}


def case_approval(world: World, institution_id: str) -> dict[str, Any]:
    return one_case(world, institution_id) | {"json": {"agreed": True}}


def case_closing(world: World, institution_id: str) -> dict[str, Any]:
    case = joint_case(world, institution_id)
    approve_case(world.services, head_of("finance", institution_id), case.case_id, agreed=False, note="预算不足")
    return {"path": {"case_id": case.case_id}, "json": {"note": "改期"}}


def shared_grant(world: World, institution_id: str = "office", department: str = "energy") -> DatasetGrant:
    """A fresh grant of the room book to a department; earlier ones are taken back."""
    grant = asked_grant(world, institution_id, "room", department)
    owner = head_of("real_estate", institution_id, "sun")
    return decide_on_dataset(world.services, owner, grant.grant_id, agreed=True)


def asked_grant(world: World, institution_id: str, dataset: str, department: str) -> DatasetGrant:
    """A fresh wish of a department's head, which waits for the owner."""
    _take_back(world, institution_id)
    head = head_of(department, institution_id)
    return ask_for_dataset(world.services, head, institution_id, dataset, "核算", department)


def new_grant(world: World, institution_id: str) -> dict[str, Any]:
    _take_back(world, institution_id)
    return {"json": {"institution": institution_id, "dataset": "room", "purpose": "核算"}}


def grant_decision(world: World, institution_id: str) -> dict[str, Any]:
    grant = asked_grant(world, institution_id, "energy_days", "finance")
    return {"path": {"grant_id": grant.grant_id}, "json": {"agreed": True}}


def dataset_rows(world: World, institution_id: str) -> dict[str, Any]:
    grant = shared_grant(world, institution_id)
    return {"path": {"dataset": "room"}, "params": {"institution": institution_id, "grant": grant.grant_id}}


def _take_back(world: World, institution_id: str) -> None:
    book = world.services.service.grants
    for grant in book.grants({institution_id}):
        book.save(replace(grant, state=GrantState.REFUSED))
