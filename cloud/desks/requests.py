"""What a door does with requests of staff: file, read, move and rate them, and see what can be booked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.calendar import local_day
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import find_request, may_see, parties_of
from cloud.desks.request_subjects import check_subject, model_of
from cloud.services.booking import Hold, Place, check_span, holds, places, refuse_taken
from cloud.services.catalogue import Audience, Service, load_services
from cloud.services.inputs import Input, checked_inputs
from cloud.services.request import Rating, ServiceRequest
from cloud.services.request_life import Action, Asking, moved, rated, submitted
from cloud.services.request_pages import newest_first
from foundation.errors import DomainError

LISTED_MS = 366 * 86_400_000
LONGEST_AVAILABILITY_MS = 31 * 86_400_000


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """What somebody asks for; `start_ms` and `end_ms` for bookings only."""

    institution_id: str
    service: str
    subject: str
    fields: Mapping[str, Input] = field(default_factory=dict)
    note: str = ""
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """What can be booked, and what of it is taken when."""

    places: list[Place]
    holds: list[Hold]


def services_for(principal: Principal) -> list[Service]:
    """The services that the principal may ask for, by code; everybody may know those of the public."""
    audiences: set[Audience] = {"public"}
    if can(principal, Permission.FILE_REQUEST) or can(principal, Permission.READ_REQUESTS):
        audiences.add("staff")
    return [one for one in load_services().values() if audiences & set(one.audience)]


def file_request(services: DoorServices, principal: Principal, draft: RequestDraft) -> ServiceRequest:
    """Enter a new request; raises DomainError (403, 404, 409 when what it books is taken, 422)."""
    if not can(principal, Permission.FILE_REQUEST):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, draft.institution_id):
        raise DomainError("error.not_found", 404)
    service = service_of(draft.service, "staff")
    asking = _asking(services, principal, service, draft)
    request = submitted(service, asking, services.clock.now_ms())
    _audit(services, principal, request, "request.file", {"service": service.code})
    services.service.requests.add(request)
    services.wake()
    return request


def requests_for(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], *, limit: int = 1000
) -> list[ServiceRequest]:
    """Requests of the last year that the principal may see, newest first: own ones, their department's, or all.

    Without the permission DomainError 403.
    """
    if not can(principal, Permission.READ_REQUESTS):
        raise DomainError("error.forbidden", 403)
    found = newest_first(services.service.requests, institution_ids, services.clock.now_ms() - LISTED_MS)
    return list(islice((one for one in found if may_see(services, principal, one)), limit))


def move_request(
    services: DoorServices, principal: Principal, request_id: str, action: Action, note: str = "", assignee: str = ""
) -> ServiceRequest:
    """Make a move in the request's life; raises DomainError (403, 404, 409, 422)."""
    if not can(principal, Permission.FILE_REQUEST):
        raise DomainError("error.forbidden", 403)
    request = find_request(services, principal, request_id)
    changed = moved(
        request,
        action,
        by=principal.name,
        parties=parties_of(services, principal, request),
        at_ms=services.clock.now_ms(),
        note=note,
        assignee=assignee,
    )
    _audit(services, principal, request, f"request.{action.value}", {"note": note, "assignee": assignee})
    services.service.requests.move(changed, was=request)
    services.wake()
    return changed


def rate_request(
    services: DoorServices, principal: Principal, request_id: str, stars: int, comment: str = ""
) -> ServiceRequest:
    """The asker's rating, 1 to 5, once it is done; raises DomainError (403, 404, 409, 422)."""
    if not can(principal, Permission.FILE_REQUEST):
        raise DomainError("error.forbidden", 403)
    request = find_request(services, principal, request_id)
    rating = Rating(stars, principal.name, services.clock.now_ms(), comment.strip())
    changed = rated(request, rating, parties_of(services, principal, request))
    _audit(services, principal, request, "request.rate", {"stars": stars})
    services.service.requests.move(changed, was=request)
    services.wake()
    return changed


def availability(
    services: DoorServices, principal: Principal, code: str, institution_id: str, start_ms: int, end_ms: int
) -> Availability:
    """What of a booking service is free within a span of at most 31 days; raises DomainError (403, 404, 422)."""
    if not can(principal, Permission.READ_REQUESTS):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    booking = service_of(code, "staff").booking
    if booking is None:
        raise DomainError("error.service_not_bookable", service=code)
    if start_ms >= end_ms:
        raise DomainError("error.span_backwards")
    if end_ms - start_ms > LONGEST_AVAILABILITY_MS:
        raise DomainError("error.span_too_long", most_s=LONGEST_AVAILABILITY_MS // 1000)
    today = local_day(services.clock.now_ms())
    found = places(booking, model_of(services, institution_id), services.records, today)
    known = {one.subject for one in found}
    requests = _booked(services, institution_id)
    taken = holds(booking, requests, services.records, institution_id, start_ms, end_ms)
    return Availability(found, [one for one in taken if one.subject in known])


def service_of(code: str, audience: Audience) -> Service:
    """A service that this audience may ask for; otherwise DomainError 422 `error.service_unknown`."""
    service = load_services().get(code)
    if service is None or audience not in service.audience:
        raise DomainError("error.service_unknown", service=code)
    return service


def _asking(services: DoorServices, principal: Principal, service: Service, draft: RequestDraft) -> Asking:
    """The draft after every check; a booking against the imported books too."""
    check_subject(services, service, draft.institution_id, draft.subject)
    fields = checked_inputs(service, draft.fields)
    span: tuple[int, int] | tuple[None, None] = (None, None)
    if service.booking is not None:
        span = check_span(service.booking, draft.start_ms, draft.end_ms, services.clock.now_ms())
        refuse_taken(holds(service.booking, (), services.records, draft.institution_id, *span, subject=draft.subject))
    elif draft.start_ms is not None or draft.end_ms is not None:
        raise DomainError("error.service_not_bookable", service=service.code)
    return Asking(
        request_id=services.rng.uuid(),
        institution_id=draft.institution_id,
        subject=draft.subject,
        asked_by=principal.name,
        fields=fields,
        asking_department=principal.department,
        note=draft.note.strip(),
        start_ms=span[0],
        end_ms=span[1],
    )


def _booked(services: DoorServices, institution_id: str) -> list[ServiceRequest]:
    """Requests that may hold something: those of late, and every one that is not over."""
    book = services.service.requests
    found = {one.request_id: one for one in (*book.requests({institution_id}), *book.unfinished({institution_id}))}
    return list(found.values())


def _audit(
    services: DoorServices, principal: Principal, request: ServiceRequest, action: str, detail: dict[str, object]
) -> None:
    services.audit.record(
        institution_id=request.institution_id,
        actor=principal.name,
        action=action,
        subject=f"request:{request.request_id}",
        detail=detail,
    )
