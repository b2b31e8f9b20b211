"""Who somebody is to a request, and which requests and fields they may see."""

from __future__ import annotations

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.desks.door import DoorServices
from cloud.services.request import ServiceRequest
from cloud.services.request_life import PUBLIC, SYSTEM, Party
from foundation.errors import DomainError


def departments_of(services: DoorServices, principal: Principal) -> frozenset[str]:
    """Departments that the principal works for: their own, if they serve requests, and those their role owns."""
    owned = services.departments.restricted_for(principal)
    if principal.department is None or not can(principal, Permission.WORK_REQUEST):
        return owned
    return owned | {principal.department}


def parties_of(services: DoorServices, principal: Principal, request: ServiceRequest) -> frozenset[Party]:
    """What the principal is to the request.

    For a request that the system opened against a risk, the department that owns the risk is the asker.
    """
    departments = departments_of(services, principal)
    parties: set[Party] = set()
    if is_asker(principal, request):
        parties.add(Party.ASKER)
    if request.asked_by == SYSTEM and request.asking_department in departments:
        parties.add(Party.ASKER)
    if can(principal, Permission.WORK_REQUEST) and request.department in departments:
        parties.add(Party.OWNER)
    if request.assigned_to == principal.name:
        parties.add(Party.ASSIGNEE)
    return frozenset(parties)


def is_asker(principal: Principal, request: ServiceRequest) -> bool:
    """Whether they filed it themselves; nobody is the public or the system, whatever their account is called."""
    return request.asked_by == principal.name and principal.name not in (PUBLIC, SYSTEM)


def may_see(services: DoorServices, principal: Principal, request: ServiceRequest) -> bool:
    """Whether the principal may know that this request exists."""
    if not in_scope(principal, request.institution_id) or not can(principal, Permission.READ_REQUESTS):
        return False
    if is_asker(principal, request) or request.assigned_to == principal.name:
        return True
    if request.is_restricted:
        allowed = services.departments.restricted_for(principal)
        return request.department in allowed or (request.asked_by == SYSTEM and request.asking_department in allowed)
    if can(principal, Permission.READ_EVENTS_OF_ALL_DEPARTMENTS):
        return True
    departments = departments_of(services, principal)
    return can(principal, Permission.WORK_REQUEST) and bool(
        departments & {request.department, request.asking_department}
    )


def find_request(services: DoorServices, principal: Principal, request_id: str) -> ServiceRequest:
    """A request that the principal may see; otherwise DomainError 404."""
    request = services.service.requests.find(request_id)
    if request is None or not may_see(services, principal, request):
        raise DomainError("error.not_found", 404)
    return request
