"""Puts the API together; the console is mounted on the same application."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from cloud.api import problems
from cloud.api.body_limit import BodyLimit
from cloud.api.security import TokenOfSession, refuse_undeclared
from cloud.core.plugins import load_plugins
from cloud.desks.door import DoorServices

API = "/api/v1"
_NOT_ROUTERS = ("app", "body_limit", "context", "files", "language", "problems", "security")
ROUTERS: tuple[APIRouter, ...] = tuple(load_plugins("cloud.api", "router", APIRouter, without=_NOT_ROUTERS).values())


def create_api(
    services: DoorServices, *, token_of_session: TokenOfSession | None = None, routers: Sequence[APIRouter] = ROUTERS
) -> FastAPI:
    """The application with all routes under /api/v1; raises UndeclaredPermission if one declares no permission.

    `token_of_session` lets a browser session of the console use the API; without it only bearer tokens do.
    """
    refuse_undeclared(routers)
    # No documentation page: its scripts come from the internet. The description is served by `status`.
    app = FastAPI(title="Xietong", version="1", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit)
    app.state.services = services
    app.state.token_of_session = token_of_session
    for router in routers:
        app.include_router(router, prefix=API)
    problems.install(app)
    return app
