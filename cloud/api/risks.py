"""The risk register, and what is done about its entries."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from cloud.api.alarms import AlarmOut
from cloud.api.context import NewestOf, Note, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.events import EventOut
from cloud.api.language import preferred_language
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.risks import explain_risk, judge_risk, risk_detail, risks_for, treat_risk
from cloud.risk.risk import Escalation, Label, Risk, RiskStatus, Treatment
from cloud.risk.rule import TreatmentKind
from foundation.clock import from_ms

router = APIRouter(prefix="/risks", tags=["risks"])
Reader = Annotated[Principal, Depends(require(Permission.READ_RISKS))]
Treater = Annotated[Principal, Depends(require(Permission.TREAT_RISK))]


class TreatmentOut(BaseModel):
    """`reference` is the request or command that carries it out; `note` a word, a text key or a service's code."""

    kind: TreatmentKind
    at: UtcTime
    by: str
    reference: str
    note: str
    ended_at: UtcTime | None

    @classmethod
    def of(cls, one: Treatment) -> Self:
        ended_at = time_or_none(one.ended_ms)
        return cls(
            kind=one.kind, at=from_ms(one.at_ms), by=one.by, reference=one.reference, note=one.note, ended_at=ended_at
        )


class EscalationOut(BaseModel):
    at: UtcTime
    level: int
    to: str
    reason: str

    @classmethod
    def of(cls, one: Escalation) -> Self:
        return cls(at=from_ms(one.at_ms), level=one.level, to=one.to, reason=one.reason)


class RiskOut(BaseModel):
    """`likelihood` and `consequence` from 1 to 5, `colour` the band of their product; `data` what was found."""

    risk_id: str
    institution_id: str
    rule_id: str
    department: str
    subject: str
    likelihood: int
    consequence: int
    score: int
    colour: str
    status: RiskStatus
    label: Label | None
    labelled_by: str | None
    opened_at: UtcTime
    due_at: UtcTime
    handled_at: UtcTime | None
    closed_at: UtcTime | None
    data: dict[str, Any]
    treatments: list[TreatmentOut]
    escalations: list[EscalationOut]
    alarms: int
    is_restricted: bool
    wants_joint_case: bool

    @classmethod
    def of(cls, risk: Risk) -> Self:
        return cls(
            risk_id=risk.risk_id,
            institution_id=risk.institution_id,
            rule_id=risk.rule_id,
            department=risk.department,
            subject=risk.subject,
            likelihood=risk.likelihood,
            consequence=risk.consequence,
            score=risk.score,
            colour=risk.colour.name.lower(),
            status=risk.status,
            label=risk.label,
            labelled_by=risk.labelled_by,
            opened_at=from_ms(risk.opened_ms),
            due_at=from_ms(risk.due_ms),
            handled_at=time_or_none(risk.handled_ms),
            closed_at=time_or_none(risk.closed_ms),
            data=dict(risk.data),
            treatments=[TreatmentOut.of(one) for one in risk.treatments],
            escalations=[EscalationOut.of(one) for one in risk.escalations],
            alarms=len(risk.alarm_ids),
            is_restricted=risk.is_restricted,
            wants_joint_case=risk.wants_joint_case,
        )


class CaseAnswerOut(BaseModel):
    """What the superior body was told, and what it answered."""

    case_file_id: str
    superior_id: str
    sent_at: UtcTime
    state: str
    answer: str


class RiskDetailOut(BaseModel):
    """The risk down to its inputs; `explanation` is one sentence in the caller's language."""

    risk: RiskOut
    explanation: str
    alarms: list[AlarmOut]
    events: list[EventOut]
    case_files: list[CaseAnswerOut]


class TreatmentIn(BaseModel):
    """`advice` needs a note on what was done; `request` wants the request of the rule's playbook."""

    model_config = ConfigDict(extra="forbid")

    kind: TreatmentKind
    note: Note = ""


class LabelIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Label


@router.get("", summary="Risks, newest first", responses=documented(404))
def risks(principal: Reader, services: Services, asked: NewestOf) -> list[RiskOut]:
    scope = scope_of(principal, asked.institution)
    found = risks_for(services, principal, scope, only_open=asked.only_open, limit=asked.limit)
    return [RiskOut.of(one) for one in found]


@router.get("/{risk_id}", summary="One risk down to its inputs", responses=documented(404))
def risk(risk_id: Word, principal: Reader, services: Services, request: Request) -> RiskDetailOut:
    detail = risk_detail(services, principal, risk_id)
    language = preferred_language(request.headers.get("accept-language", ""), services.language)
    return RiskDetailOut(
        risk=RiskOut.of(detail.risk),
        explanation=explain_risk(services, detail.risk, language),
        alarms=[AlarmOut.of(one) for one in detail.alarms],
        events=[EventOut.of(one) for one in detail.events],
        case_files=[
            CaseAnswerOut(
                case_file_id=one.case_file_id,
                superior_id=one.superior_id,
                sent_at=from_ms(one.sent_ms),
                state=one.state.value,
                answer=one.answer,
            )
            for one in detail.case_files
        ],
    )


@router.post("/{risk_id}/treatments", summary="Take a step against a risk", responses=documented(404, 409))
def treat(risk_id: Word, wanted: TreatmentIn, principal: Treater, services: Services) -> RiskOut:
    return RiskOut.of(treat_risk(services, principal, risk_id, wanted.kind, wanted.note))


@router.post(
    "/{risk_id}/label", summary="Say whether the rule was right; closes the risk", responses=documented(404, 409)
)
def label(risk_id: Word, wanted: LabelIn, principal: Treater, services: Services) -> RiskOut:
    return RiskOut.of(judge_risk(services, principal, risk_id, wanted.label))
