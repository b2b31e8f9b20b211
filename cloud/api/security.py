"""Who is asking, and whether they may: a route states its permission by `Depends(require(...))` or is not served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated

from fastapi import APIRouter, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cloud.core.access import ANONYMOUS, Permission, Principal, can
from cloud.desks.door import DoorServices
from foundation.errors import DomainError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

TokenOfSession = Callable[[Mapping[str, str]], str | None]
"""From a request's cookies to the token that a browser session stands for; None without a valid session."""

bearer = HTTPBearer(auto_error=False, description="A token granted by the administrator, `xt_...`")


class UndeclaredPermission(Exception):
    """A route says nothing about who may call it; such a program must not start."""


class Requirement:
    """Dependency that lets only those in who have `permission`, and tells the route who they are."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(
        self, request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
    ) -> Principal:
        principal = _principal(request, credentials)
        if can(principal, self.permission):
            return principal
        if principal is ANONYMOUS:
            raise DomainError("error.unauthorized", 401)
        raise DomainError("error.forbidden", 403)


def require(permission: Permission) -> Requirement:
    """The dependency by which a route declares its permission; it gives the Principal."""
    return Requirement(permission)


def declared_permission(route: APIRoute) -> Permission | None:
    """The permission that a route declares, None when it has forgotten to."""
    return next(_declared(route.dependant), None)


def refuse_undeclared(routers: Iterable[APIRouter]) -> None:
    """Raise UndeclaredPermission for the first route of these routers that declares none."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute) or declared_permission(route) is None:
                raise UndeclaredPermission(getattr(route, "path", repr(route)))


def _declared(dependant: Dependant) -> Iterator[Permission]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Requirement):
            yield dependency.call.permission
        yield from _declared(dependency)


def _principal(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Principal:
    services: DoorServices = request.app.state.services
    token = credentials.credentials if credentials else None
    if token is None and "authorization" in request.headers:
        raise DomainError("error.unauthorized", 401)
    if token is None:
        token = _session_token(request)
    if token is None:
        return ANONYMOUS
    principal = services.accounts.principal_of(token, services.clock.now_ms())
    if principal is None:
        raise DomainError("error.unauthorized", 401)
    return principal


def _session_token(request: Request) -> str | None:
    token_of_session: TokenOfSession | None = request.app.state.token_of_session
    token = token_of_session(request.cookies) if token_of_session else None
    if token is not None and request.method not in SAFE_METHODS and not _is_same_origin(request):
        raise DomainError("error.cross_site", 403)
    return token


def _is_same_origin(request: Request) -> bool:
    """Whether the browser says that the request comes from our own pages; silence counts as no."""
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return request.headers.get("origin") == f"{request.url.scheme}://{request.url.netloc}"
