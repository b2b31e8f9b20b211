"""When something is already booked, for a form that is about to book it."""

from __future__ import annotations

from cloud.console.service_words import span_text
from cloud.core.access import Principal
from cloud.core.calendar import day_bounds_ms, local_day
from cloud.desks.door import DoorServices
from cloud.desks.requests import availability


def booked_spans(
    services: DoorServices, principal: Principal, service: str, institution_id: str, subject: str, start_ms: int
) -> list[str]:
    """Spans in which the subject is taken on the local day of `start_ms`; raises DomainError."""
    first_ms, last_ms = day_bounds_ms(local_day(start_ms))
    found = availability(services, principal, service, institution_id, first_ms, last_ms)
    return [span_text(one.start_ms, one.end_ms) for one in found.holds if one.subject == subject]
