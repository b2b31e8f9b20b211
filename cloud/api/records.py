"""Records over HTTP: what kinds there are, the rows, and the import of files and rows with a dry run."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from cloud.api.context import CellValue, InstitutionFilter, Limit, Services, UtcTime, Word, scope_of
from cloud.api.files import MistakeOut, WorkbookResponse, file_name, language_of, refuse_mistakes, workbook_response
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.door import DoorServices
from cloud.desks.records import (
    HandedIn,
    ImportAnswer,
    check_import,
    import_records,
    list_imports,
    list_records,
    may_import,
    readable_kinds,
    template,
)
from cloud.records.kind import RecordField, RecordKind
from cloud.records.record import Record, RecordImport
from foundation.clock import from_ms, to_ms
from foundation.errors import DomainError
from foundation.texts import Language

router = APIRouter(prefix="/records", tags=["records"])
Reader = Annotated[Principal, Depends(require(Permission.READ_RECORDS))]
Importer = Annotated[Principal, Depends(require(Permission.IMPORT_RECORDS))]
Kind = Annotated[Word, Query(description="One of /records/kinds")]
Value = str | int | float | bool | None
DryRun = Annotated[bool, Query(description="Check everything and enter nothing")]


class KindOut(BaseModel):
    """A kind of record; `may_import` says whether the caller may enter rows of it."""

    kind: str
    name: dict[Language, str]
    department: str
    key: list[str]
    fields: dict[str, RecordField]
    may_import: bool

    @classmethod
    def of(cls, kind: RecordKind, principal: Principal) -> Self:
        return cls(
            kind=kind.id,
            name=kind.name,
            department=kind.department,
            key=list(kind.key),
            fields=kind.fields,
            may_import=may_import(principal, kind),
        )


class RecordOut(BaseModel):
    """One row. Money is whole fen, a day ISO text, a time UTC milliseconds; fields not for the caller are absent."""

    institution_id: str
    kind: str
    record_id: str
    subject: str
    start: UtcTime
    end: UtcTime
    fields: dict[str, Value]
    source: str
    import_id: str

    @classmethod
    def of(cls, record: Record) -> Self:
        return cls(
            institution_id=record.institution_id,
            kind=record.kind,
            record_id=record.record_id,
            subject=record.subject,
            start=from_ms(record.start_ms),
            end=from_ms(record.end_ms),
            fields=dict(record.fields),
            source=record.source,
            import_id=record.import_id,
        )


class RecordsOut(BaseModel):
    """`total` rows fit, of which the first `limit` are here."""

    total: int
    rows: list[RecordOut]


class RecordImportOut(BaseModel):
    import_id: str
    institution_id: str
    kind: str
    file: str
    digest: str
    imported_by: str
    imported_at: UtcTime
    new: int
    changed: int
    same: int

    @classmethod
    def of(cls, one: RecordImport) -> Self:
        return cls(
            import_id=one.import_id,
            institution_id=one.institution_id,
            kind=one.kind,
            file=one.file,
            digest=one.digest,
            imported_by=one.imported_by,
            imported_at=from_ms(one.imported_ms),
            new=one.new,
            changed=one.changed,
            same=one.same,
        )


class ImportOut(BaseModel):
    """What a file holds and what entering it does; `entered` is null after a dry run.

    `ignored` names sheets and columns that mean nothing for the kind.
    """

    rows: int
    new: int
    changed: int
    same: int
    mistake_count: int
    mistakes: list[MistakeOut]
    ignored: list[str]
    preview: list[dict[str, Value]]
    entered: RecordImportOut | None

    @classmethod
    def of(cls, answer: ImportAnswer, language: Language) -> Self:
        checked, comparison = answer.checked, answer.comparison
        return cls(
            rows=checked.rows,
            new=comparison.new,
            changed=comparison.changed,
            same=comparison.same,
            mistake_count=checked.mistake_count,
            mistakes=[MistakeOut.of(one, language) for one in checked.mistakes],
            ignored=list(checked.ignored),
            preview=[dict(one.fields) for one in answer.preview],
            entered=RecordImportOut.of(answer.entered) if answer.entered else None,
        )


@router.get("/kinds", summary="Kinds of records that the caller may read", responses=documented())
def kinds(principal: Reader) -> list[KindOut]:
    return [KindOut.of(kind, principal) for kind in readable_kinds(principal)]


@router.get("", summary="Current rows of one kind, by time", responses=documented(404))
def records(
    principal: Reader,
    services: Services,
    kind: Kind,
    institution: InstitutionFilter = None,
    start: UtcTime | None = None,
    end: UtcTime | None = None,
    limit: Limit = 1000,
) -> RecordsOut:
    found = list_records(
        services,
        principal,
        kind,
        scope_of(principal, institution),
        start_ms=None if start is None else to_ms(start),
        end_ms=None if end is None else to_ms(end),
    )
    return RecordsOut(total=len(found), rows=[RecordOut.of(one) for one in found[:limit]])


@router.get("/imports", summary="Imports, newest first", responses=documented(404))
def imports(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[RecordImportOut]:
    scope = scope_of(principal, institution)
    return [RecordImportOut.of(one) for one in list_imports(services, principal, scope, limit=limit)]


@router.post(
    "/imports",
    summary="Import an XLSX or CSV file, everything or nothing; 422 lists the mistakes in `facts.mistakes`",
    responses=documented(404, 413),
)
def import_file(
    principal: Importer,
    services: Services,
    request: Request,
    kind: Kind,
    file: Annotated[UploadFile, File(description="XLSX or CSV")],
    mapping: Annotated[UploadFile | None, File(description="YAML of schema xietong.record-mapping/1")] = None,
    institution: InstitutionFilter = None,
    dry_run: DryRun = False,
) -> ImportOut:
    handed_in = HandedIn(
        institution_id=_one_institution(principal, institution),
        kind=kind,
        file=file_name(file),
        content=file.file.read(),
        mapping=mapping.file.read() if mapping else None,
        mapping_file=file_name(mapping) if mapping else "",
    )
    return _answer(services, principal, request, handed_in, dry_run=dry_run)


@router.post(
    "/rows",
    summary="Import rows by field or title, everything or nothing; money in yuan, times local unless with an offset",
    responses=documented(404, 413),
)
def import_rows(
    principal: Importer,
    services: Services,
    request: Request,
    kind: Kind,
    rows: Annotated[list[dict[Word, CellValue]], Field(max_length=10_000)],
    institution: InstitutionFilter = None,
    dry_run: DryRun = False,
) -> ImportOut:
    handed_in = HandedIn(_one_institution(principal, institution), kind, "rows", rows)
    return _answer(services, principal, request, handed_in, dry_run=dry_run)


@router.get(
    "/templates/{kind}",
    summary="The XLSX workbook to fill in for a kind, in the caller's language",
    response_class=WorkbookResponse,
    responses=documented(404),
)
def template_of(kind: Word, principal: Reader, services: Services, request: Request) -> Response:
    content = template(principal, kind, language_of(request, services))
    return workbook_response(content, f"{kind}.xlsx")


def _answer(
    services: DoorServices, principal: Principal, request: Request, handed_in: HandedIn, *, dry_run: bool
) -> ImportOut:
    language = language_of(request, services)
    act = check_import if dry_run else import_records
    answer = ImportOut.of(act(services, principal, handed_in), language)
    if not dry_run:
        refuse_mistakes("error.record_mistakes", answer.mistakes, answer.mistake_count)
    return answer


def _one_institution(principal: Principal, institution: str | None) -> str:
    scope = sorted(scope_of(principal, institution))
    if len(scope) != 1:
        raise DomainError("error.not_found", 404) if not scope else DomainError("error.one_institution_needed")
    return scope[0]
