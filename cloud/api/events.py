"""Events of the caller's institutions and departments."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Limit, Services, UtcTime, Word, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal, event_departments
from cloud.core.event import LoggedEvent
from foundation.clock import from_ms

router = APIRouter(prefix="/events", tags=["events"])


class EventOut(BaseModel):
    """`severity` is info, blue, yellow, orange or red; `is_late` when it became known long after it happened."""

    position: int
    event_id: str
    institution_id: str
    kind: str
    department: str
    severity: str
    subject: str
    occurred_at: UtcTime
    received_at: UtcTime
    is_late: bool
    data: dict[str, Any]

    @classmethod
    def of(cls, logged: LoggedEvent) -> Self:
        event = logged.event
        return cls(
            position=logged.position,
            event_id=event.event_id,
            institution_id=event.institution_id,
            kind=event.kind,
            department=event.department,
            severity=event.severity.name.lower(),
            subject=event.subject,
            occurred_at=from_ms(event.occurred_ms),
            received_at=from_ms(event.received_ms),
            is_late=event.is_late,
            data=dict(event.data),
        )


@router.get("", summary="Events, newest first", responses=documented(404))
def events(
    principal: Annotated[Principal, Depends(require(Permission.READ_EVENTS))],
    services: Services,
    institution: InstitutionFilter = None,
    department: Word | None = None,
    limit: Limit = 100,
) -> list[EventOut]:
    allowed = event_departments(principal)
    asked = None if department is None else frozenset({department})
    departments = asked if allowed is None else allowed & (asked or allowed)
    logged = services.event_log.recent(
        scope_of(principal, institution),
        departments=departments,
        restricted_of=services.departments.restricted_for(principal),
        limit=limit,
    )
    return [EventOut.of(one) for one in logged]
