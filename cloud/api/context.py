"""What every route takes from its request: the services, and objects of the principal's scope or 404."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, FiniteFloat, PlainSerializer, StringConstraints

from cloud.core.access import Principal, in_scope
from cloud.desks.door import DoorServices
from foundation.clock import from_ms
from foundation.errors import DomainError


def _services(request: Request) -> DoorServices:
    services: DoorServices = request.app.state.services
    return services


Services = Annotated[DoorServices, Depends(_services)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
"""A text of one line; control characters are refused, as PostgreSQL cannot hold all of them."""

Note = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f]*$")]
"""A text of several lines."""

CellValue = Annotated[str, StringConstraints(max_length=10_000)] | int | FiniteFloat | bool | None
"""What stands in a cell of a form or a row; a text that is no Unicode and a number that is none are refused."""

Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many, newest first")]
InstitutionFilter = Annotated[Word | None, Query(alias="institution", description="Only this institution of the scope")]


@dataclass(frozen=True, slots=True)
class Newest:
    """Which of the newest things are asked for."""

    institution: str | None
    only_open: bool
    limit: int


def _newest(institution: InstitutionFilter = None, only_open: bool = False, limit: Limit = 100) -> Newest:
    return Newest(institution, only_open, limit)


NewestOf = Annotated[Newest, Depends(_newest)]


def _utc_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[AwareDatetime, PlainSerializer(_utc_text, return_type=str)]
"""RFC 3339 time; one without offset is refused, answers are in UTC with milliseconds."""


def time_or_none(ms: int | None) -> datetime | None:
    """Aware time of milliseconds that may be absent."""
    return None if ms is None else from_ms(ms)


def scope_of(principal: Principal, institution_id: str | None) -> frozenset[str]:
    """The principal's scope, or the one institution of it that was asked for; 404 for any other."""
    if institution_id is None:
        return principal.institution_ids
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    return frozenset({institution_id})


def address_of(request: Request) -> str:
    """The network address that the request comes from."""
    return request.client.host if request.client else ""
