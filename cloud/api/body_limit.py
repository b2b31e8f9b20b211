"""Refuses a request body that is larger than any of ours, before it is held in memory."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_048_576
MOST_FILE_BYTES = 10_485_760
FILES = re.compile(r"/api/v1/(?:records/imports|institutions/[^/]+/workbook)|/_nicegui/client/[^/]+/upload/\d+")
"""Where people hand in files, which may be larger."""

TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware: a body over MOST_BYTES, a file over MOST_FILE_BYTES is refused, announced or only streamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most_bytes = MOST_FILE_BYTES if FILES.fullmatch(scope["path"]) else MOST_BYTES
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 10 or int(announced) > most_bytes:
            await PlainTextResponse("request body too large", TOO_LARGE)(scope, receive, send)
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
