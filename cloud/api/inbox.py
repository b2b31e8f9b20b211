"""The superior's inbox: signed case files of subordinate institutions, and the answers to them."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from cloud.api.context import InstitutionFilter, Limit, Note, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.inbox import CaseAction, answer_case_file, case_files_for, find_case_file
from cloud.risk.case_document import is_genuine
from cloud.risk.case_file import CaseFile, CaseFileState
from foundation.clock import from_ms

router = APIRouter(prefix="/inbox", tags=["inbox"])
Reader = Annotated[Principal, Depends(require(Permission.READ_INBOX))]


class CaseFileOut(BaseModel):
    """`document` is the JSON text that was signed, byte for byte; `signature` Ed25519 over it, both keys in hex."""

    case_file_id: str
    institution_id: str
    superior_id: str
    risk_id: str
    sent_at: UtcTime
    document: str
    signature: str
    public_key: str
    is_genuine: bool
    state: CaseFileState
    answer: str
    answered_by: str | None
    answered_at: UtcTime | None

    @classmethod
    def of(cls, file: CaseFile) -> Self:
        return cls(
            case_file_id=file.case_file_id,
            institution_id=file.institution_id,
            superior_id=file.superior_id,
            risk_id=file.risk_id,
            sent_at=from_ms(file.sent_ms),
            document=file.document,
            signature=file.signature,
            public_key=file.public_key,
            is_genuine=is_genuine(file),
            state=file.state,
            answer=file.answer,
            answered_by=file.answered_by,
            answered_at=time_or_none(file.answered_ms),
        )


class AnswerIn(BaseModel):
    """A `return` or an `order` needs a text."""

    model_config = ConfigDict(extra="forbid")

    action: CaseAction
    text: Note = ""


@router.get("", summary="Case files, newest first", responses=documented(404))
def inbox(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[CaseFileOut]:
    files = case_files_for(services, principal, scope_of(principal, institution), limit=limit)
    return [CaseFileOut.of(one) for one in files]


@router.get("/{case_file_id}", summary="One case file", responses=documented(404))
def case_file(case_file_id: Word, principal: Reader, services: Services) -> CaseFileOut:
    return CaseFileOut.of(find_case_file(services, principal, case_file_id))


@router.post("/{case_file_id}/answer", summary="Return, order or close", responses=documented(404, 409))
def answer(
    case_file_id: Word,
    wanted: AnswerIn,
    principal: Annotated[Principal, Depends(require(Permission.ANSWER_CASE_FILE))],
    services: Services,
) -> CaseFileOut:
    return CaseFileOut.of(answer_case_file(services, principal, case_file_id, wanted.action, wanted.text))
