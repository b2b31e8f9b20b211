"""Puts the console on the application: sign-in, language, pages."""

from __future__ import annotations

import logging
from http import HTTPStatus
from types import FunctionType

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cloud.console.context import Console
from cloud.console.live import SharedReads
from cloud.console.pages import sign_in
from cloud.console.session import Seal
from cloud.core.plugins import load_plugins
from cloud.desks.door import DoorServices
from device_profiles.catalogue import Catalogue, load_catalogue
from foundation.errors import LinkError
from foundation.texts import Language

log = logging.getLogger(__name__)

RECONNECT_S = 10.0


def mount_console(
    app: FastAPI,
    services: DoorServices,
    *,
    storage_secret: str,
    default_language: Language,
    catalogue: Catalogue | None = None,
) -> None:
    """Serve the console under `/`. Call it after all other routes are added: it takes every path that is left.

    `storage_secret` seals the sessions: the same secret in every process that serves the console, at least 16
    characters, otherwise ValueError. `catalogue` names the states of points; the shipped profiles by default.
    One console per process.
    """
    console = Console(
        services=services,
        catalogue=catalogue or load_catalogue(),
        departments=services.departments,
        seal=Seal(storage_secret),
        shared=SharedReads(services.clock),
        default_language=default_language,
    )
    for register in load_plugins("cloud.console.pages", "register", FunctionType).values():
        register(console)
    nicegui_app.add_exception_handler(Exception, _trouble)
    ui.run_with(
        app,
        root=sign_in.not_found(console),
        title="Xietong",
        favicon=FAVICON,
        tailwind=False,
        reconnect_timeout=RECONNECT_S,
        show_welcome_message=False,
        binding_refresh_interval=None,
    )


async def _trouble(request: Request, error: Exception) -> Response:
    """What failed is for the log only: the sign-in page has strangers before it."""
    log.error("console: %s failed", request.url.path, exc_info=error)
    status = 503 if isinstance(error, LinkError) else 500
    return PlainTextResponse(HTTPStatus(status).phrase, status_code=status)


FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#10253d"/>'
    '<path d="M6 20 L12 12 L18 17 L26 8" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" '
    'stroke-linejoin="round"/><circle cx="26" cy="8" r="3" fill="#2a9d8f"/></svg>'
)
