"""The audit trail as a door shows it: without rows about matters of persons that are not the reader's.

A row tells who did what to which risk, alarm or request; of a restricted one even that it exists is not for everybody.
"""

from __future__ import annotations

from collections.abc import Collection

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.audit import AuditEntry
from cloud.desks.door import DoorServices
from cloud.desks.request_parties import may_see
from cloud.desks.risk_sight import may_see_matter
from foundation.errors import DomainError

MOST_READ = 50_000


def audit_for(
    services: DoorServices, principal: Principal, institution_ids: Collection[str], *, limit: int = 100
) -> list[AuditEntry]:
    """Rows that the principal may see, newest first; DomainError 403 without the permission, 404 outside the scope."""
    if not can(principal, Permission.READ_AUDIT):
        raise DomainError("error.forbidden", 403)
    if not all(in_scope(principal, one) for one in institution_ids):
        raise DomainError("error.not_found", 404)
    known: dict[str, bool] = {}
    read = limit
    while True:
        entries = services.audit.recent(institution_ids, limit=read)
        seen = [one for one in entries if _may_see(services, principal, one, known)]
        if len(seen) >= limit or len(entries) < read or read >= MOST_READ:
            return seen[:limit]
        read = min(4 * read, MOST_READ)


def _may_see(services: DoorServices, principal: Principal, entry: AuditEntry, known: dict[str, bool]) -> bool:
    """Everybody may see what they did themselves."""
    if entry.actor == principal.name:
        return True
    if entry.subject not in known:
        known[entry.subject] = _is_open_to(services, principal, entry.subject)
    return known[entry.subject]


def _is_open_to(services: DoorServices, principal: Principal, subject: str) -> bool:
    """Whether the subject is no matter of a person, or one of the principal's; one that is not found might be."""
    kind, _, identifier = subject.partition(":")
    if kind == "request":
        request = services.service.requests.find(identifier)
        return request is not None and (not request.is_restricted or may_see(services, principal, request))
    if kind not in ("alarm", "risk"):
        return True
    matter = services.risk.alarms.find(identifier) if kind == "alarm" else services.risk.register.find(identifier)
    if matter is None:
        return False
    return not matter.is_restricted or may_see_matter(services, principal, matter.department, is_restricted=True)
