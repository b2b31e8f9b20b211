"""What a door does with the register: read it by permission, take a step against a risk, say what came of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can
from cloud.core.event import LoggedEvent
from cloud.desks.door import DoorServices
from cloud.desks.risk_sight import may_see_matter, may_see_risk, name_of_subject, names_of, shown_risk
from cloud.risk.alarm import Alarm
from cloud.risk.case_file import CaseFile
from cloud.risk.feedback import check_label, label_risk
from cloud.risk.library import Library, load_library
from cloud.risk.risk import Label, Risk
from cloud.risk.risk_words import explanation_of
from cloud.risk.rule import TreatmentKind
from cloud.risk.treatment import with_step
from foundation.errors import DomainError
from foundation.texts import Language

RISKS_READ = 5_000


@dataclass(frozen=True, slots=True)
class RiskDetail:
    """A risk with what it came from and what was told upward, as far as the principal may see them."""

    risk: Risk
    alarms: list[Alarm]
    events: list[LoggedEvent]
    case_files: list[CaseFile]


def risks_for(
    services: DoorServices,
    principal: Principal,
    institution_ids: Collection[str],
    *,
    only_open: bool = False,
    limit: int = 1000,
) -> list[Risk]:
    """Risks that the principal may see, newest first; without the permission DomainError 403.

    Heads see their department's, superiors the orange and red ones, restricted ones only who answers for them.
    """
    if not can(principal, Permission.READ_RISKS):
        raise DomainError("error.forbidden", 403)
    register = services.risk.register
    found = register.open_risks(institution_ids) if only_open else register.risks(institution_ids, limit=RISKS_READ)
    seen = [shown_risk(services, principal, one) for one in found if may_see_risk(services, principal, one)]
    return sorted(seen, key=lambda one: one.opened_ms, reverse=True)[:limit]


def find_risk(services: DoorServices, principal: Principal, risk_id: str) -> Risk:
    """A risk that the principal may see, as they may see it; otherwise DomainError 404."""
    risk = services.risk.register.find(risk_id)
    if risk is None or not may_see_risk(services, principal, risk):
        raise DomainError("error.not_found", 404)
    return shown_risk(services, principal, risk)


def risk_detail(services: DoorServices, principal: Principal, risk_id: str) -> RiskDetail:
    """The risk down to its inputs; raises DomainError 404."""
    risk = find_risk(services, principal, risk_id)
    if not may_see_matter(services, principal, risk.department, is_restricted=risk.is_restricted):
        return RiskDetail(risk, [], [], [])
    found = [services.risk.alarms.find(alarm_id) for alarm_id in risk.alarm_ids]
    alarms = [one for one in found if one is not None]
    event_ids = {risk.opened_by_event, *(event_id for alarm in alarms for event_id in alarm.event_ids)}
    files = [one for one in services.risk.inbox.of_institution({risk.institution_id}) if one.risk_id == risk_id]
    return RiskDetail(risk, alarms, services.event_log.find(event_ids), files)


def explain_risk(services: DoorServices, risk: Risk, language: Language) -> str:
    """One sentence: what was seen, how likely and how bad, who answers for it."""
    subject = name_of_subject(risk.subject, names_of(services, risk.institution_id))
    department = services.departments.get(risk.department).name
    return explanation_of(risk, language, subject=subject[language], department=department[language])


def treat_risk(
    services: DoorServices,
    principal: Principal,
    risk_id: str,
    kind: TreatmentKind,
    note: str = "",
    library: Library | None = None,
) -> Risk:
    """Take a step: say what was done, or want the playbook's request. Raises DomainError (403, 404, 409, 422)."""
    risk = _treatable(services, principal, risk_id)
    rule, now_ms = (library or load_library()).get(risk.rule_id), services.clock.now_ms()

    def treated(current: Risk) -> Risk:
        return with_step(current, rule, kind=kind, by=principal.name, note=note, now_ms=now_ms)

    treated(risk)
    _audit(services, principal, risk, "risk.treat", {"kind": kind.value, "note": note})
    changed = services.risk.register.change(risk_id, treated)
    services.wake()
    return changed


def judge_risk(services: DoorServices, principal: Principal, risk_id: str, label: Label) -> Risk:
    """Say whether the rule was right; closes the risk. Raises DomainError (403, 404, 409).

    Whoever the finding is about does not judge it.
    """
    risk = _treatable(services, principal, risk_id)
    check_label(risk, label, principal.name)
    _audit(services, principal, risk, "risk.label", {"label": label.value})
    changed = label_risk(services.risk, risk_id, label, by=principal.name, now_ms=services.clock.now_ms())
    services.wake()
    return changed


def _treatable(services: DoorServices, principal: Principal, risk_id: str) -> Risk:
    """A risk of a department that the principal acts for."""
    if not can(principal, Permission.TREAT_RISK):
        raise DomainError("error.forbidden", 403)
    find_risk(services, principal, risk_id)
    risk = services.risk.register.find(risk_id)
    if risk is None or not may_see_matter(services, principal, risk.department, is_restricted=risk.is_restricted):
        raise DomainError("error.not_found", 404)
    return risk


def _audit(services: DoorServices, principal: Principal, risk: Risk, action: str, detail: dict[str, object]) -> None:
    services.audit.record(
        institution_id=risk.institution_id,
        actor=principal.name,
        action=action,
        subject=f"risk:{risk.risk_id}",
        detail={"rule": risk.rule_id, **detail},
    )
