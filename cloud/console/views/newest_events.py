"""Events that a principal may read, from their own departments only."""

from __future__ import annotations

from collections.abc import Collection

from cloud.core.access import Principal, event_departments
from cloud.core.event import Event, LoggedEvent, Severity
from cloud.desks.door import DoorServices

OVER = ("_cleared", "_back")
EVERY = ""
"""The choice of all departments that the principal may read."""


def readable(principal: Principal, chosen: str) -> Collection[str] | None:
    """The departments to ask the log for; None is all of them, an empty set none."""
    allowed = event_departments(principal)
    if chosen == EVERY:
        return allowed
    return frozenset({chosen}) if allowed is None or chosen in allowed else frozenset()


def matters(event: Event) -> bool:
    """Whether an event belongs on the overview: something is wrong, or is over. The rest is what edges report."""
    return event.severity > Severity.INFO or event.kind.endswith(OVER)


def read_newest_events(
    services: DoorServices, principal: Principal, *, department: str = EVERY, limit: int
) -> tuple[LoggedEvent, ...]:
    """Newest first."""
    departments = readable(principal, department)
    if departments is not None and not departments:
        return ()
    restricted_of = services.departments.restricted_for(principal)
    return tuple(
        services.event_log.recent(
            principal.institution_ids, departments=departments, restricted_of=restricted_of, limit=limit
        )
    )
