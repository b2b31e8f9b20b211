"""Files that people hand in and take away, in the language they read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from fastapi import Request, Response, UploadFile
from pydantic import BaseModel

from cloud.api.language import preferred_language
from cloud.core.import_mistake import ImportMistake
from cloud.desks.door import DoorServices
from foundation.errors import DomainError
from foundation.texts import Language

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_LETTERS = 200


class MistakeOut(BaseModel):
    """`row` counts as the spreadsheet does; `reason` and `sentence` are in the caller's language."""

    file: str
    sheet: str
    row: int | None
    column: str
    code: str
    reason: str
    sentence: str

    @classmethod
    def of(cls, mistake: ImportMistake, language: Language) -> Self:
        return cls(
            file=mistake.file,
            sheet=mistake.sheet,
            row=mistake.row,
            column=mistake.column,
            code=mistake.code,
            reason=mistake.reason(language),
            sentence=mistake.sentence(language),
        )


def language_of(request: Request, services: DoorServices) -> Language:
    """The language that the caller asked for, otherwise the site's."""
    return preferred_language(request.headers.get("accept-language", ""), services.language)


def file_name(file: UploadFile) -> str:
    """The last part of the name, as some browsers send the path of the sender's machine."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:_MOST_LETTERS] or "file"


class WorkbookResponse(Response):
    """An XLSX file; as `response_class` it names its media type in the description of the route."""

    media_type = WORKBOOK


def workbook_response(content: bytes, name: str) -> WorkbookResponse:
    """An XLSX file to be saved under a name of plain letters."""
    return WorkbookResponse(content, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def refuse_mistakes(code: str, mistakes: Sequence[MistakeOut], count: int) -> None:
    """Raise DomainError 422 with all mistakes among its facts, when there are any."""
    if mistakes:
        told = [one.model_dump() for one in mistakes]
        raise DomainError(code, count=count, first=mistakes[0].sentence, mistakes=told)
