"""Files that people hand in and take away, in the language they read."""

from __future__ import annotations

from fastapi import Request, Response, UploadFile

from cloud.api.language import preferred_language
from cloud.desks.door import DoorServices
from foundation.texts import Language

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_LETTERS = 200


def language_of(request: Request, services: DoorServices) -> Language:
    """The language that the caller asked for, otherwise the site's."""
    return preferred_language(request.headers.get("accept-language", ""), services.language)


def file_name(file: UploadFile) -> str:
    """The last part of the name, as some browsers send the path of the sender's machine."""
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:_MOST_LETTERS] or "file"


def workbook_response(content: bytes, name: str) -> Response:
    """An XLSX file to be saved under a name of plain letters."""
    return Response(content, media_type=WORKBOOK, headers={"Content-Disposition": f'attachment; filename="{name}"'})
