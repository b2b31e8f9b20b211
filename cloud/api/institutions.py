"""The institution model: who, where and what; entered entry by entry, or whole as a workbook."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from pydantic import BaseModel

from cloud.api.context import CellValue, Services, Word
from cloud.api.files import MistakeOut, WorkbookResponse, file_name, language_of, refuse_mistakes, workbook_response
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal, in_scope
from cloud.core.institution import Dated, Institution, InstitutionModel
from cloud.core.institution_columns import cells_of
from cloud.core.institution_file import ENTRIES
from cloud.core.institution_workbook import HEAD
from cloud.desks.institution import (
    check_workbook,
    export_workbook,
    import_workbook,
    read_model,
    remove_entry,
    save_entry,
)
from foundation.errors import DomainError

router = APIRouter(prefix="/institutions", tags=["institutions"])
Reader = Annotated[Principal, Depends(require(Permission.READ_INSTITUTION))]
Writer = Annotated[Principal, Depends(require(Permission.WRITE_INSTITUTION))]

Entry = dict[Word, CellValue]
"""An entry by column: `id`, `name_zh`, `name_en`, `valid_from` and those of its part, as in the workbook."""


class WorkbookOut(BaseModel):
    """What was found in a workbook; `is_entered` says whether it replaced the model."""

    mistake_count: int
    mistakes: list[MistakeOut]
    is_entered: bool


@router.get("", summary="The institutions of the caller's scope", responses=documented())
def institutions(principal: Reader, services: Services) -> list[Institution]:
    return [one for one in services.institutions.institutions() if in_scope(principal, one.institution_id)]


@router.get(
    "/{institution_id}",
    summary="One institution with its compounds, buildings, rooms, posts, assets, vehicles and devices",
    responses=documented(404),
)
def institution(institution_id: Word, principal: Reader, services: Services) -> InstitutionModel:
    return read_model(services, principal, institution_id)


@router.put(
    "/{institution_id}", summary="Replace the institution itself, not its parts", responses=documented(404, 409)
)
def replace(institution_id: Word, entry: Entry, principal: Writer, services: Services) -> Entry:
    saved = save_entry(services, principal, institution_id, HEAD, {"id": institution_id, **entry})
    return _entry(HEAD, saved)


@router.get(
    "/{institution_id}/workbook",
    summary="The model as an XLSX workbook in the caller's language, to be changed and handed back",
    response_class=WorkbookResponse,
    responses=documented(404),
)
def workbook(institution_id: Word, principal: Reader, services: Services, request: Request) -> Response:
    content = export_workbook(services, principal, institution_id, language_of(request, services))
    return workbook_response(content, f"{institution_id}.xlsx")


@router.post(
    "/{institution_id}/workbook",
    summary="Replace the whole model by that of a workbook; 422 lists the mistakes in `facts.mistakes`",
    responses=documented(404, 409, 413),
)
def hand_in_workbook(
    institution_id: Word,
    principal: Writer,
    services: Services,
    request: Request,
    file: Annotated[UploadFile, File(description="XLSX with one sheet for each part")],
    dry_run: Annotated[bool, Query(description="Check everything and change nothing")] = False,
) -> WorkbookOut:
    act = check_workbook if dry_run else import_workbook
    read = act(services, principal, institution_id, file_name(file), file.file.read())
    mistakes = [MistakeOut.of(one, language_of(request, services)) for one in read.mistakes]
    if not dry_run:
        refuse_mistakes("error.institution_mistakes", mistakes, read.mistake_count)
    return WorkbookOut(mistake_count=read.mistake_count, mistakes=mistakes, is_entered=not dry_run)


@router.put(
    "/{institution_id}/{part}/{identifier}",
    summary="Enter or replace one building, room, post ...; the version that begins on the same `valid_from`",
    responses=documented(404, 409),
)
def replace_entry(
    institution_id: Word, part: Word, identifier: Word, entry: Entry, principal: Writer, services: Services
) -> Entry:
    return _entry(part, save_entry(services, principal, institution_id, _part(part), {**entry, "id": identifier}))


@router.delete(
    "/{institution_id}/{part}/{identifier}",
    summary="Take one version of an entry away; answers it",
    responses=documented(404, 409),
)
def remove(
    institution_id: Word,
    part: Word,
    identifier: Word,
    principal: Writer,
    services: Services,
    valid_from: date | None = None,
) -> Entry:
    return _entry(part, remove_entry(services, principal, institution_id, _part(part), identifier, valid_from))


def _part(part: str) -> str:
    known = [one for one in ENTRIES if one != HEAD]
    if part not in known:
        raise DomainError("error.part_unknown", 404, part=part, known=", ".join(known))
    return part


def _entry(part: str, saved: Dated) -> Entry:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in cells_of(part, saved).items()
    }
