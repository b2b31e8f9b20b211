"""Joint cases of several departments."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Limit, Note, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.cases import CaseDraft, approve_case, cases_for, close_case, find_case, open_case
from cloud.services.case_life import is_late
from cloud.services.joint_case import CaseState, JointCase
from foundation.clock import from_ms, to_ms

router = APIRouter(prefix="/cases", tags=["cases"])
Reader = Annotated[Principal, Depends(require(Permission.READ_CASES))]
Opener = Annotated[Principal, Depends(require(Permission.OPEN_CASE))]
Speaker = Annotated[Principal, Depends(require(Permission.APPROVE_CASE))]
References = Annotated[list[Word], Field(max_length=50)]


class CaseIn(BaseModel):
    """The lead, by default the opener's department, is asked as well."""

    model_config = ConfigDict(extra="forbid")

    institution: Word
    title: Word
    subject: Word
    departments: list[Word] = Field(min_length=1, max_length=20)
    due: AwareDatetime
    lead: Word | None = None
    risk_ids: References = []
    request_ids: References = []

    def draft(self) -> CaseDraft:
        return CaseDraft(
            institution_id=self.institution,
            title=self.title,
            subject=self.subject,
            departments=tuple(self.departments),
            due_ms=to_ms(self.due),
            lead=self.lead,
            risk_ids=tuple(self.risk_ids),
            request_ids=tuple(self.request_ids),
        )


class ApprovalIn(BaseModel):
    """`department` for those who speak for several; a refusal needs a note."""

    model_config = ConfigDict(extra="forbid")

    agreed: bool
    note: Note = ""
    department: Word | None = None


class ClosingIn(BaseModel):
    """`note` says what came of it."""

    model_config = ConfigDict(extra="forbid")

    note: Note


class ApprovalOut(BaseModel):
    department: str
    agreed: bool | None
    by: str | None
    at: UtcTime | None
    note: str


class CaseOut(BaseModel):
    case_id: str
    institution_id: str
    title: str
    subject: str
    lead: str
    opened_by: str
    opened_at: UtcTime
    due_at: UtcTime
    state: CaseState
    is_late: bool
    approvals: list[ApprovalOut]
    risk_ids: list[str]
    request_ids: list[str]
    closed_at: UtcTime | None
    closed_by: str | None
    outcome: str

    @classmethod
    def of(cls, services: Services, case: JointCase) -> Self:
        approvals = [
            ApprovalOut(
                department=one.department, agreed=one.agreed, by=one.by, at=time_or_none(one.at_ms), note=one.note
            )
            for one in case.approvals
        ]
        return cls(
            case_id=case.case_id,
            institution_id=case.institution_id,
            title=case.title,
            subject=case.subject,
            lead=case.lead,
            opened_by=case.opened_by,
            opened_at=from_ms(case.opened_ms),
            due_at=from_ms(case.due_ms),
            state=case.state,
            is_late=is_late(case, services.clock.now_ms()),
            approvals=approvals,
            risk_ids=list(case.risk_ids),
            request_ids=list(case.request_ids),
            closed_at=time_or_none(case.closed_ms),
            closed_by=case.closed_by,
            outcome=case.outcome,
        )


@router.get("", summary="Cases of the caller's departments, newest first", responses=documented(404))
def cases(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[CaseOut]:
    found = cases_for(services, principal, scope_of(principal, institution), limit=limit)
    return [CaseOut.of(services, one) for one in found]


@router.get("/{case_id}", summary="One case", responses=documented(404))
def case(case_id: Word, principal: Reader, services: Services) -> CaseOut:
    return CaseOut.of(services, find_case(services, principal, case_id))


@router.post("", summary="Open a case and ask its departments", status_code=201, responses=documented(404))
def create(wanted: CaseIn, principal: Opener, services: Services, response: Response) -> CaseOut:
    opened = open_case(services, principal, wanted.draft())
    response.headers["Location"] = f"/api/v1/cases/{opened.case_id}"
    return CaseOut.of(services, opened)


@router.post("/{case_id}/approvals", summary="Speak for a department", responses=documented(404, 409))
def approve(case_id: Word, word: ApprovalIn, principal: Speaker, services: Services) -> CaseOut:
    spoken = approve_case(services, principal, case_id, agreed=word.agreed, note=word.note, department=word.department)
    return CaseOut.of(services, spoken)


@router.post("/{case_id}/closing", summary="End a case; the lead only", responses=documented(404, 409))
def close(case_id: Word, word: ClosingIn, principal: Opener, services: Services) -> CaseOut:
    return CaseOut.of(services, close_case(services, principal, case_id, word.note))
