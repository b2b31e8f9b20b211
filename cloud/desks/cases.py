"""What a door does with joint cases: open one, speak for a department, close it, read those of one's departments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import departments_of, find_request
from cloud.desks.request_subjects import check_exists
from cloud.services.case_life import closed, opened
from cloud.services.joint_case import JointCase
from foundation.errors import DomainError

MOST_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """What a case is to be; without `lead` the opener's own department leads."""

    institution_id: str
    title: str
    subject: str
    departments: tuple[str, ...]
    due_ms: int
    lead: str | None = None
    risk_ids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()


def open_case(services: DoorServices, principal: Principal, draft: CaseDraft) -> JointCase:
    """Enter a case and ask its departments; raises DomainError (403, 404, 422)."""
    if not can(principal, Permission.OPEN_CASE):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, draft.institution_id):
        raise DomainError("error.not_found", 404)
    lead = draft.lead or principal.department
    if lead is None:
        raise DomainError("error.department_not_said")
    if lead not in departments_of(services, principal):
        raise DomainError("error.forbidden", 403)
    check_exists(services, draft.institution_id, draft.subject)
    _check_references(services, principal, draft)
    blank = JointCase(
        case_id=services.rng.uuid(),
        institution_id=draft.institution_id,
        title=draft.title,
        subject=draft.subject,
        lead=lead,
        opened_by=principal.name,
        opened_ms=services.clock.now_ms(),
        due_ms=draft.due_ms,
        approvals=(),
        risk_ids=draft.risk_ids,
        request_ids=draft.request_ids,
    )
    case = opened(blank, draft.departments, [one.id for one in services.departments.all()])
    _audit(services, principal, case, "case.open", {"departments": [one.department for one in case.approvals]})
    services.service.cases.save(case)
    services.wake()
    return case


def approve_case(
    services: DoorServices,
    principal: Principal,
    case_id: str,
    *,
    agreed: bool,
    note: str = "",
    department: str | None = None,
) -> JointCase:
    """One department's word; raises DomainError (403, 404, 409 when it has spoken, was not asked, or it is over).

    Without `department` the principal speaks for their own.
    """
    if not can(principal, Permission.APPROVE_CASE):
        raise DomainError("error.forbidden", 403)
    case = find_case(services, principal, case_id)
    speaking = department or principal.department
    if speaking is None:
        raise DomainError("error.department_not_said")
    if speaking not in departments_of(services, principal):
        raise DomainError("error.forbidden", 403)
    if not agreed and not note.strip():
        raise DomainError("error.reason_missing")
    _audit(services, principal, case, "case.approve" if agreed else "case.refuse", {"department": speaking})
    spoken = services.service.cases.approve(
        case_id, speaking, agreed=agreed, by=principal.name, note=note.strip(), at_ms=services.clock.now_ms()
    )
    services.wake()
    return spoken


def close_case(services: DoorServices, principal: Principal, case_id: str, note: str) -> JointCase:
    """The lead department ends the case with a word on what came of it; raises DomainError (403, 404, 409, 422)."""
    if not can(principal, Permission.OPEN_CASE):
        raise DomainError("error.forbidden", 403)
    case = find_case(services, principal, case_id)
    if case.lead not in departments_of(services, principal):
        raise DomainError("error.forbidden", 403)
    now_ms = services.clock.now_ms()
    closed(case, by=principal.name, at_ms=now_ms, note=note)
    _audit(services, principal, case, "case.close", {"note": note})
    ended = services.service.cases.change(
        case_id, lambda current: closed(current, by=principal.name, at_ms=now_ms, note=note)
    )
    services.wake()
    return ended


def cases_for(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], *, limit: int = 1000
) -> list[JointCase]:
    """Cases that the principal may see, newest first; DomainError 403 without the permission."""
    if not can(principal, Permission.READ_CASES):
        raise DomainError("error.forbidden", 403)
    found = services.service.cases.cases(institution_ids)
    return [one for one in found if _may_see(services, principal, one)][:limit]


def find_case(services: DoorServices, principal: Principal, case_id: str) -> JointCase:
    """A case that the principal may see; otherwise DomainError 404."""
    case = services.service.cases.find(case_id)
    if case is None or not _may_see(services, principal, case):
        raise DomainError("error.not_found", 404)
    return case


def _may_see(services: DoorServices, principal: Principal, case: JointCase) -> bool:
    if not in_scope(principal, case.institution_id) or not can(principal, Permission.READ_CASES):
        return False
    if can(principal, Permission.READ_EVENTS_OF_ALL_DEPARTMENTS):
        return True
    return bool(departments_of(services, principal) & {one.department for one in case.approvals})


def _check_references(services: DoorServices, principal: Principal, draft: CaseDraft) -> None:
    """What a case refers to must exist and be no matter of a person: its readers are several departments."""
    if len(draft.risk_ids) + len(draft.request_ids) > MOST_REFERENCES:
        raise DomainError("error.too_many_references", most=MOST_REFERENCES)
    for risk_id in draft.risk_ids:
        risk = services.risk.register.find(risk_id)
        if risk is None or risk.institution_id != draft.institution_id or risk.is_restricted:
            raise DomainError("error.not_found", 404)
    for request_id in draft.request_ids:
        request = find_request(services, principal, request_id)
        if request.institution_id != draft.institution_id or request.is_restricted:
            raise DomainError("error.not_found", 404)


def _audit(
    services: DoorServices, principal: Principal, case: JointCase, action: str, detail: dict[str, object]
) -> None:
    services.audit.record(
        institution_id=case.institution_id,
        actor=principal.name,
        action=action,
        subject=f"case:{case.case_id}",
        detail=detail,
    )
