"""Every refusal as `application/problem+json` (RFC 9457): a stable code, and a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from cloud.api.language import preferred_language
from foundation.errors import DomainError, LinkError
from foundation.texts import load_texts

PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "5"
_ANYWHERE = (401, 403, 422)
_CODES = {404: "error.not_found", 405: "error.method_not_allowed"}


class Problem(BaseModel):
    """Why a request was refused; `facts` are the values of the sentence in `detail`."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    facts: dict[str, Any] = {}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI part of routes that may refuse with these statuses, besides those that every route may."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content} for status in (*_ANYWHERE, *statuses)
    }


def install(app: FastAPI) -> None:
    """Let the application answer its errors under /api/ as problems; other paths keep their own pages."""
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(LinkError, _link_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


async def refusal_of(request: Request, error: DomainError | LinkError) -> Response:
    """The answer to a refusal that no route has made."""
    return await (_domain_error if isinstance(error, DomainError) else _link_error)(request, error)


async def _domain_error(request: Request, error: Exception) -> Response:
    refusal = cast(DomainError, error)
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == HTTPStatus.UNAUTHORIZED else None
    return _problem(request, refusal.status, refusal.code, refusal.facts, headers)


async def _link_error(request: Request, _error: Exception) -> Response:
    headers = {"Retry-After": RETRY_AFTER_S}
    return _problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "error.unavailable", {}, headers)


async def _invalid_request(request: Request, error: Exception) -> Response:
    invalid = cast(RequestValidationError, error)
    if not request.url.path.startswith(PREFIX):
        return await request_validation_exception_handler(request, invalid)
    first = invalid.errors()[0]
    facts = {"field": ".".join(str(part) for part in first["loc"]), "reason": str(first["msg"])}
    return _problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "error.invalid_request", facts)


async def _http_error(request: Request, error: Exception) -> Response:
    refusal = cast(HTTPException, error)
    if not request.url.path.startswith(PREFIX):
        return await http_exception_handler(request, refusal)
    code = _CODES.get(refusal.status_code, "error.refused")
    return _problem(request, refusal.status_code, code, {}, refusal.headers)


def _problem(
    request: Request, status: int, code: str, facts: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    language = preferred_language(request.headers.get("accept-language", ""), request.app.state.services.language)
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=load_texts()(code, language, **facts),
        facts=dict(facts),
    )
    return JSONResponse(
        problem.model_dump(mode="json"),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={**(headers or {}), "Content-Language": language},
    )
