"""The risk library: what is watched, how well each rule judges, and what is expected within a week."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Services, Word, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.rules import RuleView, approve_rule, rules_for
from cloud.risk.incidence import Outlook
from cloud.risk.precision import Precision, Proposal
from cloud.risk.rule import TreatmentKind
from cloud.risk.rule_words import advice_of, name_of
from foundation.texts import LANGUAGES

router = APIRouter(prefix="/rules", tags=["risks"])


class PrecisionOut(BaseModel):
    """How often the rule was right, from its labels: mean of the Beta posterior with its central 90 %."""

    mean: float
    low: float
    high: float
    labels: int
    p_below_03: float
    p_above_07: float
    proposal: Proposal | None

    @classmethod
    def of(cls, one: Precision) -> Self:
        return cls(
            mean=one.mean,
            low=one.low,
            high=one.high,
            labels=one.labels,
            p_below_03=one.p_below_03,
            p_above_07=one.p_above_07,
            proposal=one.proposal,
        )


class OutlookOut(BaseModel):
    """Expected alarms per week with the central 90 %, and the probability of one within 7 days."""

    rate_per_week: float
    low: float
    high: float
    probability: float

    @classmethod
    def of(cls, one: Outlook) -> Self:
        return cls(rate_per_week=one.rate_per_week, low=one.low, high=one.high, probability=one.probability)


class RuleOut(BaseModel):
    """`approved` names who let a rule about persons into force, by institution; until then it raises no alarm."""

    rule_id: str
    name: dict[str, str]
    advice: dict[str, str]
    kind: str
    department: str
    severity: str
    consequence: int
    treatment: TreatmentKind
    service: str | None
    due_h: float
    basis: str
    confidence: str
    is_restricted: bool
    is_in_force: bool
    approved: dict[str, str]
    precision: PrecisionOut | None
    outlooks: dict[str, OutlookOut]

    @classmethod
    def of(cls, view: RuleView) -> Self:
        rule = view.rule
        return cls(
            rule_id=rule.rule_id,
            name={language: name_of(rule.rule_id, language) for language in LANGUAGES},
            advice={language: advice_of(rule.rule_id, language) for language in LANGUAGES},
            kind=rule.kind,
            department=view.department,
            severity=rule.severity.name.lower(),
            consequence=rule.consequence,
            treatment=rule.playbook.kind,
            service=rule.playbook.service,
            due_h=rule.due_h,
            basis=rule.basis,
            confidence=rule.confidence,
            is_restricted=rule.is_restricted,
            is_in_force=view.is_in_force,
            approved=dict(view.approved),
            precision=PrecisionOut.of(view.precision) if view.precision is not None else None,
            outlooks={institution_id: OutlookOut.of(one) for institution_id, one in view.outlooks.items()},
        )


@router.get("", summary="The risk library", responses=documented(404))
def rules(
    principal: Annotated[Principal, Depends(require(Permission.READ_RISKS))],
    services: Services,
    institution: InstitutionFilter = None,
) -> list[RuleOut]:
    return [RuleOut.of(one) for one in rules_for(services, principal, scope_of(principal, institution))]


@router.post("/{rule_id}/approval", summary="Let a rule about persons into force", responses=documented(404))
def approve(
    rule_id: Word,
    principal: Annotated[Principal, Depends(require(Permission.APPROVE_RULE))],
    services: Services,
    institution: InstitutionFilter = None,
) -> RuleOut:
    return RuleOut.of(approve_rule(services, principal, rule_id, scope_of(principal, institution)))
