"""Refuses a request body that is larger than any of ours, before it is held in memory."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_048_576
TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware: a body over MOST_BYTES is refused, whether it is announced or only streamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 10 or int(announced) > MOST_BYTES:
            await PlainTextResponse("request body too large", TOO_LARGE)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(TOO_LARGE, "request body too large")
            return message

        await self._app(scope, counted, send)
