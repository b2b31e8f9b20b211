"""Refuses a request body that is larger than any of ours, before it is held in memory."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_048_576


class _TooLarge(Exception):
    """The body went on beyond the limit."""


class BodyLimit:
    """ASGI middleware: 413 for a body over MOST_BYTES, whether it is announced or only streamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken, is_answered = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except Exception:
            if taken <= MOST_BYTES or is_answered:
                raise
            await PlainTextResponse("request body too large", status_code=413)(scope, receive, send)
