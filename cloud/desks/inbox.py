"""The superior's inbox: case files of the institutions in scope, and the answers to them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.event import Event, Severity
from cloud.desks.door import DoorServices
from cloud.risk.case_file import CaseFile, CaseFileState
from cloud.risk.escalation import SUPERIOR_LEVEL
from cloud.risk.risk import Escalation, Risk, Treatment
from cloud.risk.rule import TreatmentKind
from foundation.errors import DomainError

_NAMESPACE = uuid.UUID("4de0f2a1-9b3c-4c7d-8a55-0f1e6b7c2d90")


class CaseAction(StrEnum):
    """Send it back for more, give an order, or close it; what was ordered may still be closed."""

    RETURN = "return"
    ORDER = "order"
    CLOSE = "close"


_STATE = {
    CaseAction.RETURN: CaseFileState.RETURNED,
    CaseAction.ORDER: CaseFileState.ORDERED,
    CaseAction.CLOSE: CaseFileState.CLOSED,
}
_OPEN_TO = {
    CaseAction.RETURN: {CaseFileState.SENT},
    CaseAction.ORDER: {CaseFileState.SENT},
    CaseAction.CLOSE: {CaseFileState.SENT, CaseFileState.ORDERED},
}


def open_actions(state: CaseFileState) -> list[CaseAction]:
    """The answers that a file of this state still takes."""
    return [action for action in CaseAction if state in _OPEN_TO[action]]


def case_files_for(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], *, limit: int = 1000
) -> list[CaseFile]:
    """Case files of these institutions, newest first; without the permission DomainError 403."""
    if not can(principal, Permission.READ_INBOX):
        raise DomainError("error.forbidden", 403)
    files = services.risk.inbox.of_institution(institution_ids)
    return [one for one in files if in_scope(principal, one.institution_id)][:limit]


def find_case_file(services: DoorServices, principal: Principal, case_file_id: str) -> CaseFile:
    """A case file of an institution in scope; otherwise DomainError 404."""
    file = services.risk.inbox.find(case_file_id)
    if file is None or not can(principal, Permission.READ_INBOX) or not in_scope(principal, file.institution_id):
        raise DomainError("error.not_found", 404)
    return file


def answer_case_file(
    services: DoorServices, principal: Principal, case_file_id: str, action: CaseAction, text: str = ""
) -> CaseFile:
    """Return, order or close; the institution finds the answer at the risk and in its events.

    Raises DomainError: 403, 404, 409 when it was answered already, 422 for a return or an order without a text.
    """
    if not can(principal, Permission.ANSWER_CASE_FILE):
        raise DomainError("error.forbidden", 403)
    file, now_ms = find_case_file(services, principal, case_file_id), services.clock.now_ms()

    def answered(current: CaseFile) -> CaseFile:
        if current.state not in _OPEN_TO[action]:
            raise DomainError("error.already_decided", 409, state=current.state.value)
        if action is not CaseAction.CLOSE and not text.strip():
            raise DomainError("error.answer_missing")
        answer = text.strip() or current.answer
        return replace(current, state=_STATE[action], answer=answer, answered_by=principal.name, answered_ms=now_ms)

    answered(file)
    services.audit.record(
        institution_id=file.institution_id,
        actor=principal.name,
        action=f"case_file.{action.value}",
        subject=f"risk:{file.risk_id}",
        detail={"case_file": case_file_id, "text": text},
    )
    changed = services.risk.inbox.change(case_file_id, answered)
    _tell_institution(services, changed, action, text.strip(), now_ms)
    services.wake()
    return changed


def _tell_institution(services: DoorServices, file: CaseFile, action: CaseAction, text: str, now_ms: int) -> None:
    def told(risk: Risk) -> Risk:
        step = Escalation(now_ms, SUPERIOR_LEVEL, file.institution_id, _STATE[action].value)
        risk = replace(risk, escalations=(*risk.escalations, step))
        if action is not CaseAction.ORDER:
            return risk
        order = Treatment(TreatmentKind.ADVICE, now_ms, f"institution:{file.superior_id}", note=text)
        return replace(risk, treatments=(*risk.treatments, order))

    risk = services.risk.register.change(file.risk_id, told)
    event = Event(
        event_id=str(uuid.uuid5(_NAMESPACE, f"{file.case_file_id}/{file.state.value}")),
        institution_id=risk.institution_id,
        kind=f"{risk.department}.superior_answered",
        department=risk.department,
        severity=Severity.YELLOW,
        subject=risk.subject,
        occurred_ms=now_ms,
        received_ms=now_ms,
        is_restricted=risk.is_restricted,
        data={"risk_id": risk.risk_id, "rule_id": risk.rule_id, "answer": file.state.value, "text": text},
    )
    services.event_log.append([event])
