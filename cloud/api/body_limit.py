"""Refuses a request body that is larger than any of ours, before it is held in memory.

Files are read whole before a route is asked for its permission; so whoever may hand in none is refused here already.
"""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.problems import refusal_of
from cloud.api.security import SAFE_METHODS, Requirement, bearer, require
from cloud.core.access import Permission
from foundation.errors import DomainError, LinkError

MOST_BYTES = 1_048_576
MOST_FILE_BYTES = 10_485_760
FILES = {
    re.compile(r"/api/v1/records/imports"): require(Permission.IMPORT_RECORDS),
    re.compile(r"/api/v1/institutions/[^/]+/workbook"): require(Permission.WRITE_INSTITUTION),
    # An address that only the open page knows which it was made for; any other is read by nobody.
    re.compile(r"/_nicegui/client/[^/]+/upload/\d+"): None,
}
"""Where people hand in files, which may be larger, and what that takes."""

TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware: a body over MOST_BYTES, a file over MOST_FILE_BYTES is refused, announced or only streamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        place = next((one for one in FILES if one.fullmatch(scope["path"])), None)
        most_bytes = MOST_BYTES if place is None else MOST_FILE_BYTES
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 10 or int(announced) > most_bytes:
            await PlainTextResponse("request body too large", TOO_LARGE)(scope, receive, send)
            return
        requirement = None if place is None or scope["method"] in SAFE_METHODS else FILES[place]
        refusal = await _refusal(Request(scope), requirement) if requirement is not None else None
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most_bytes:
                raise HTTPException(TOO_LARGE, "request body too large")
            return message

        await self._app(scope, counted, send)


async def _refusal(request: Request, requirement: Requirement) -> Response | None:
    """The answer to somebody who may not do this; None when they may."""
    try:
        await run_in_threadpool(requirement, request, await bearer(request))
    except (DomainError, LinkError) as error:
        return await refusal_of(request, error)
    return None
