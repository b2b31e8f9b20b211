"""The same requests and risks as staff and superiors see them, by field level; the public has its own view."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from cloud.core.access import Permission, Principal, Role, can, in_scope
from cloud.core.event import Severity
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import departments_of, may_see, parties_of
from cloud.services.catalogue import load_services
from cloud.services.dataset_rows import request_rows, risk_rows
from cloud.services.request import ServiceRequest
from cloud.services.request_pages import newest_first
from cloud.services.views import Audience, Clearance, levels_of_service, load_field_levels, view_of
from foundation.errors import DomainError

LISTED_MS = 92 * 86_400_000
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class DataView:
    """Rows of requests and risks of the last 92 days, each with the fields that its audience may see."""

    audience: Audience
    requests: list[dict[str, Any]]
    risks: list[dict[str, Any]]


def data_view(services: DoorServices, principal: Principal, institution_id: str) -> DataView:
    """What the principal's role may see of both; nothing restricted. DomainError 403, 404.

    A superior is shown risks from orange on. Whoever may not read risks is shown none.
    """
    if not can(principal, Permission.READ_INSTITUTION):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    audience = audience_of(principal)
    since_ms = services.clock.now_ms() - LISTED_MS
    asked = newest_first(services.service.requests, [institution_id], since_ms)
    if audience is Audience.STAFF:
        asked = (one for one in asked if may_see(services, principal, one))
    risks = services.risk.register.risks([institution_id], start_ms=since_ms, limit=MOST_ROWS)
    if audience is Audience.SUPERIOR:
        risks = [one for one in risks if one.colour >= Severity.ORANGE]
    requests = islice(request_rows(asked), MOST_ROWS)
    seen = risks if can(principal, Permission.READ_RISKS) else []
    return DataView(
        audience=audience,
        requests=_seen(services, principal, "requests", list(requests)),
        risks=_seen(services, principal, "risks", list(risk_rows(seen))),
    )


def inputs_seen(services: DoorServices, principal: Principal, request: ServiceRequest) -> dict[str, Any]:
    """A request's inputs: whole for those who have to do with it, by field level for others who may see it."""
    if parties_of(services, principal, request):
        return dict(request.fields)
    service = load_services().get(request.service)
    if service is None:
        return {}
    clearance = _clearance(services, principal)
    levels = levels_of_service(service)
    return view_of([request.fields], levels, Audience.STAFF, owner=request.department, clearance=clearance)[0]


def audience_of(principal: Principal) -> Audience:
    """The most that any of the principal's roles sees."""
    if principal.roles - {Role.SUPERIOR, Role.PUBLIC}:
        return Audience.STAFF
    return Audience.SUPERIOR if Role.SUPERIOR in principal.roles else Audience.PUBLIC


def _seen(services: DoorServices, principal: Principal, view: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row by the clearance for the department that it belongs to."""
    levels, clearance, audience = (
        load_field_levels().views[view],
        _clearance(services, principal),
        audience_of(principal),
    )
    return [view_of([row], levels, audience, owner=str(row["department"]), clearance=clearance)[0] for row in rows]


def _clearance(services: DoorServices, principal: Principal) -> Clearance:
    return Clearance(departments_of(services, principal), services.departments.restricted_for(principal))
