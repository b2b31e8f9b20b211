"""Everything about one risk that somebody may see: down to its inputs, what treats it, what a label would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.console.views.label_effect import LabelEffect, label_effect
from cloud.core.access import Permission, Principal, can
from cloud.desks.cases import cases_for
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import find_request
from cloud.desks.risk_sight import may_see_matter
from cloud.desks.risks import RiskDetail, risk_detail
from cloud.desks.rules import predictions_for
from cloud.risk.feedback import causers_of
from cloud.risk.incidence import Outlook
from cloud.risk.library import load_library
from cloud.risk.risk import Risk, RiskStatus
from cloud.risk.rule import Rule, TreatmentKind
from cloud.services.joint_case import JointCase
from cloud.services.request import ServiceRequest
from foundation.errors import DomainError

_UNDER_WAY = (RiskStatus.OPEN, RiskStatus.TREATING)


@dataclass(frozen=True, slots=True)
class RiskCase:
    """`requests` by id are those that the viewer may see; `effect` is None for who may not see the rule's figures.

    `may_act` is whether the risk is the viewer's to treat, `is_own_matter` whether the finding may be about them.
    """

    detail: RiskDetail
    rule: Rule | None
    outlook: Outlook | None
    requests: Mapping[str, ServiceRequest]
    cases: tuple[JointCase, ...]
    effect: LabelEffect | None
    may_act: bool
    is_own_matter: bool

    @property
    def risk(self) -> Risk:
        return self.detail.risk

    @property
    def is_under_way(self) -> bool:
        """Whether it still waits for treatment: then it can only be called wrong."""
        return self.risk.status in _UNDER_WAY

    @property
    def may_want_request(self) -> bool:
        """Whether the playbook's request may be asked for: it has one, and none is under way."""
        has_service = self.rule is not None and self.rule.playbook.service is not None
        running = any(one.kind is TreatmentKind.REQUEST and one.ended_ms is None for one in self.risk.treatments)
        return self.is_under_way and has_service and not running


def read_risk_case(services: DoorServices, principal: Principal, risk_id: str) -> RiskCase:
    """Raises DomainError 404."""
    detail = risk_detail(services, principal, risk_id)
    risk = detail.risk
    is_theirs = may_see_matter(services, principal, risk.department, is_restricted=risk.is_restricted)
    institutions = {risk.institution_id}
    prediction = predictions_for(services, principal, institutions).get(risk.institution_id)
    lessons = services.risk.rules.lessons(institutions, risk.rule_id) if is_theirs else []
    return RiskCase(
        detail=detail,
        rule=load_library().get(risk.rule_id),
        outlook=prediction.rules.get(risk.rule_id) if prediction is not None else None,
        requests=_requests(services, principal, risk),
        cases=_cases(services, principal, risk),
        effect=label_effect(lessons, risk, services.clock.now_ms()) if is_theirs else None,
        may_act=is_theirs and can(principal, Permission.TREAT_RISK),
        is_own_matter=principal.name in causers_of(risk),
    )


def _requests(services: DoorServices, principal: Principal, risk: Risk) -> dict[str, ServiceRequest]:
    found: dict[str, ServiceRequest] = {}
    for step in risk.treatments:
        if step.kind is TreatmentKind.REQUEST and step.reference:
            try:
                found[step.reference] = find_request(services, principal, step.reference)
            except DomainError:
                # Another department's request: the step is told, the request is not opened.
                continue
    return found


def _cases(services: DoorServices, principal: Principal, risk: Risk) -> tuple[JointCase, ...]:
    if not can(principal, Permission.READ_CASES):
        return ()
    return tuple(one for one in cases_for(services, principal, {risk.institution_id}) if risk.risk_id in one.risk_ids)
