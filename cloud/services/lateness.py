"""Lateness as events, told once: deadlines that a request missed, and when each of them was caught up with.

Everything follows from the request alone, so that telling it again after a restart gives the same events. Many read
them: of a restricted request they tell which department is late, not with what; one about a person's matter is not
told at all, as its risk has a deadline of its own before those who may know of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cloud.core.department import Departments
from cloud.core.event import Event, Severity
from cloud.risk.alarm_life import OCCURRENCE
from cloud.services.request import ServiceRequest

OVERDUE, CAUGHT_UP, ESCALATED = "general.service_overdue", "general.service_caught_up", "general.service_escalated"

_NAMESPACE = uuid.UUID("5a7b9c1d-2e3f-4a5b-8c6d-7e8f90a1b2c3")
_LATE_AFTER_MS = 120_000


@dataclass(frozen=True, slots=True)
class Miss:
    """A deadline of the service level that was missed; `ended_ms` is None while somebody still waits."""

    deadline: str
    missed_ms: int
    ended_ms: int | None


def misses(request: ServiceRequest, now_ms: int) -> list[Miss]:
    """Deadlines missed until now: `respond` for the first answer, `finish` for the work."""
    answered_ms = request.accepted_ms if request.accepted_ms is not None else request.closed_ms
    finished_ms = request.done_ms if request.done_ms is not None else request.closed_ms
    found = [
        Miss("respond", request.respond_by_ms, answered_ms),
        Miss("finish", max(request.finish_by_ms, _reopened_ms(request)), finished_ms),
    ]
    return [one for one in found if (now_ms if one.ended_ms is None else one.ended_ms) > one.missed_ms]


def lateness_events(request: ServiceRequest, now_ms: int, departments: Departments) -> Iterator[Event]:
    """All that is to be told of the request's lateness: overdue, caught up, escalated.

    Each missed deadline is one event, anew after a reopening. The alarm's condition holds for the department while
    any of its requests is late.
    """
    if request.is_restricted and request.risk_id is not None:
        return
    for miss in misses(request, now_ms):
        key = f"{miss.deadline}/{request.reopened}"
        overdue = _event(OVERDUE, key, request, miss.missed_ms, now_ms, departments)
        # What is told late and still holds is no story of the past: its alarm must stay.
        yield overdue if miss.ended_ms is not None else replace(overdue, is_late=False)
        if miss.ended_ms is not None:
            yield _event(CAUGHT_UP, key, request, miss.ended_ms, now_ms, departments)
    if request.escalated_ms is not None:
        yield _event(ESCALATED, "escalated", request, request.escalated_ms, now_ms, departments)


def _reopened_ms(request: ServiceRequest) -> int:
    """A reopened request cannot have been late again before it was reopened."""
    return max((one.at_ms for one in request.steps if one.action == "reopen"), default=0)


def _event(
    kind: str, key: str, request: ServiceRequest, occurred_ms: int, now_ms: int, departments: Departments
) -> Event:
    # A name made from the id tells nobody which request it is.
    name = str(uuid.uuid5(_NAMESPACE, request.request_id)) if request.is_restricted else request.request_id
    what = {} if request.is_restricted else {"request": request.request_id, "service": request.service}
    return Event(
        event_id=str(uuid.uuid5(_NAMESPACE, f"{kind}/{request.request_id}/{key}")),
        institution_id=request.institution_id,
        kind=kind,
        department=departments.answering(kind),
        severity=Severity.INFO if kind == CAUGHT_UP else Severity.YELLOW,
        subject=f"department:{request.department}",
        occurred_ms=occurred_ms,
        received_ms=now_ms,
        is_late=now_ms - occurred_ms > _LATE_AFTER_MS,
        data={**what, "department": request.department, OCCURRENCE: f"{name}/{key}"},
    )
