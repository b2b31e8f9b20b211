"""The risk library as people see it: each rule with what its outcomes taught, what is expected, and its approval."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cloud.core.access import Permission, Principal, Role, can
from cloud.desks.door import DoorServices
from cloud.risk.incidence import Outlook
from cloud.risk.library import Library, in_force, load_library
from cloud.risk.precision import Precision, precision_of
from cloud.risk.prediction import SETTING, Prediction
from cloud.risk.rule import Rule
from foundation.errors import DomainError


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule over some institutions. `approved` says who let it into force where; `is_in_force` whether everywhere.

    `precision` and `outlooks` (by institution) are None and empty where they are not the principal's to see.
    """

    rule: Rule
    department: str
    is_in_force: bool
    approved: Mapping[str, str] = field(default_factory=dict)
    precision: Precision | None = None
    outlooks: Mapping[str, Outlook] = field(default_factory=dict)


def rules_for(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], library: Library | None = None
) -> list[RuleView]:
    """Every rule of the library by id; without the permission DomainError 403."""
    if not can(principal, Permission.READ_RISKS):
        raise DomainError("error.forbidden", 403)
    approvals = {one: services.risk.rules.approved_rules(one) for one in sorted(institution_ids)}
    predictions = _predictions(services, institution_ids)
    return [_view(services, principal, rule, approvals, predictions) for rule in (library or load_library()).all()]


def predictions_for(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], library: Library | None = None
) -> dict[str, Prediction]:
    """The issued outlooks by institution, without the rules about persons that are not the principal's to see.

    Without the permission DomainError 403.
    """
    if not can(principal, Permission.READ_RISKS):
        raise DomainError("error.forbidden", 403)
    seen = {rule.rule_id for rule in (library or load_library()).all() if _may_see_figures(services, principal, rule)}
    return {
        institution_id: Prediction(
            one.made_ms,
            one.horizon_days,
            {rule_id: outlook for rule_id, outlook in one.rules.items() if rule_id in seen},
            one.departments,
        )
        for institution_id, one in _predictions(services, institution_ids).items()
    }


def approve_rule(
    services: DoorServices,
    principal: Principal,
    rule_id: str,
    institution_ids: Collection[str],
    library: Library | None = None,
) -> RuleView:
    """Let a rule about persons into force at these institutions: the head of the department that answers for it.

    Raises DomainError: 403 for anybody else, 404 for an unknown rule, 422 for one that needs no approval.
    """
    if not can(principal, Permission.APPROVE_RULE):
        raise DomainError("error.forbidden", 403)
    rule = (library or load_library()).get(rule_id)
    if rule is None or not institution_ids or not set(institution_ids) <= principal.institution_ids:
        raise DomainError("error.not_found", 404)
    department = services.departments.answering(rule.kind)
    if Role.DEPARTMENT_HEAD not in principal.roles or principal.department != department:
        raise DomainError("error.other_department", 403, department=department)
    if not rule.is_restricted:
        raise DomainError("error.rule_needs_no_approval", rule=rule_id)
    for institution_id in sorted(institution_ids):
        if rule_id not in services.risk.rules.approved_rules(institution_id):
            _approve(services, principal, rule_id, institution_id)
    services.wake()
    approvals = {one: services.risk.rules.approved_rules(one) for one in sorted(institution_ids)}
    return _view(services, principal, rule, approvals, _predictions(services, institution_ids))


def _approve(services: DoorServices, principal: Principal, rule_id: str, institution_id: str) -> None:
    services.audit.record(
        institution_id=institution_id,
        actor=principal.name,
        action="rule.approve",
        subject=f"rule:{rule_id}",
        detail={},
    )
    services.risk.rules.approve(institution_id, rule_id, principal.name, services.clock.now_ms())


def _view(
    services: DoorServices,
    principal: Principal,
    rule: Rule,
    approvals: Mapping[str, Mapping[str, str]],
    predictions: Mapping[str, Prediction],
) -> RuleView:
    has_figures = _may_see_figures(services, principal, rule)
    lessons = services.risk.rules.lessons(approvals.keys(), rule.rule_id) if has_figures else []
    return RuleView(
        rule=rule,
        department=services.departments.answering(rule.kind),
        is_in_force=all(in_force(rule, approved) for approved in approvals.values())
        if approvals
        else not rule.is_restricted,
        approved={one: approved[rule.rule_id] for one, approved in approvals.items() if rule.rule_id in approved},
        precision=precision_of(lessons, services.clock.now_ms()) if has_figures else None,
        outlooks={
            institution_id: one.rules[rule.rule_id]
            for institution_id, one in predictions.items()
            if has_figures and rule.rule_id in one.rules
        },
    )


def _may_see_figures(services: DoorServices, principal: Principal, rule: Rule) -> bool:
    """How often a rule about persons speaks is only for who may see what it says."""
    department = services.departments.answering(rule.kind)
    return not rule.is_restricted or department in services.departments.restricted_for(principal)


def _predictions(services: DoorServices, institution_ids: Collection[str]) -> dict[str, Prediction]:
    read = {one: Prediction.read(services.settings.read(one, SETTING)) for one in sorted(institution_ids)}
    return {institution_id: one for institution_id, one in read.items() if one is not None}
