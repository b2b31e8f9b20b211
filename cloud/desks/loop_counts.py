"""The loop between the two centres in numbers, for everybody of the house: counts that name nobody.

What concerns persons is not counted: even a number would tell that there is something.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.event import Severity
from cloud.core.period import DAY_MS
from cloud.desks.door import DoorServices
from cloud.services.request_life import FINISHED, is_overdue
from cloud.services.request_pages import newest_first
from foundation.errors import DomainError

LOOKED_BACK_DAYS = 30
_RISKS_READ = 5_000
_RATED_WITHIN_DAYS = 90
"""A request is rated long after it was asked; older ones are seldom rated."""


@dataclass(frozen=True, slots=True)
class LoopCounts:
    """`handed_over` are open requests that treat a risk; `judged` risks and `rated` requests of the last 30 days."""

    open_risks: int
    severe_risks: int
    handed_over: int
    open_requests: int
    overdue_requests: int
    rated: int
    judged: int


def read_loop_counts(services: DoorServices, principal: Principal, institution_ids: Collection[str]) -> LoopCounts:
    """Over these institutions; DomainError 403, or 404 outside the scope."""
    if not can(principal, Permission.READ_SELF):
        raise DomainError("error.forbidden", 403)
    if not all(in_scope(principal, one) for one in institution_ids):
        raise DomainError("error.not_found", 404)
    now_ms = services.clock.now_ms()
    since_ms = now_ms - LOOKED_BACK_DAYS * DAY_MS
    register, book = services.risk.register, services.service.requests
    risks = [one for one in register.open_risks(institution_ids) if not one.is_restricted]
    past = [one for one in register.risks(institution_ids, limit=_RISKS_READ) if not one.is_restricted]
    requests = [one for one in book.unfinished(institution_ids) if not one.is_restricted and one.state not in FINISHED]
    asked = newest_first(book, institution_ids, now_ms - _RATED_WITHIN_DAYS * DAY_MS)
    return LoopCounts(
        open_risks=len(risks),
        severe_risks=sum(one.colour >= Severity.ORANGE for one in risks),
        handed_over=sum(one.risk_id is not None for one in requests),
        open_requests=len(requests),
        overdue_requests=sum(is_overdue(one, now_ms) for one in requests),
        rated=sum(one.rating is not None and one.rating.at_ms >= since_ms and not one.is_restricted for one in asked),
        judged=sum(one.label is not None and (one.closed_ms or 0) >= since_ms for one in past),
    )
