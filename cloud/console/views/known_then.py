"""What the energy page compares a period with: the day that somebody chose, or the last issue of its report."""

from __future__ import annotations

from datetime import date, timedelta

from cloud.core.access import Permission, Principal, can
from cloud.core.calendar import day_start_ms
from cloud.core.period import Period
from cloud.desks.door import DoorServices
from cloud.desks.reports import orders
from cloud.desks.restatement import read_restatement
from cloud.energy.restatement import Restatement
from cloud.reporting.order import OrderState

REPORT = "energy_month"


def end_of_day_ms(day: str, now_ms: int) -> int | None:
    """The last moment of a day as it was entered, at most now; None for a text that is no day or one to come."""
    try:
        end_ms = day_start_ms(date.fromisoformat(day) + timedelta(days=1)) - 1
    except (ValueError, OverflowError):
        return None
    begins_ms = day_start_ms(date.fromisoformat(day))
    return None if begins_ms > now_ms else min(end_ms, now_ms)


def read_known_then(
    services: DoorServices, principal: Principal, institution_id: str | None, period: Period, chosen_ms: int | None
) -> Restatement | None:
    """The period against what was known then; None when no day was chosen and its report was never issued."""
    since_ms = chosen_ms if chosen_ms is not None else _issued_ms(services, principal, institution_id, period)
    if since_ms is None:
        return None
    return read_restatement(services, principal, institution_id, str(period), since_ms)


def _issued_ms(services: DoorServices, principal: Principal, institution_id: str | None, period: Period) -> int | None:
    if not can(principal, Permission.READ_REPORTS):
        return None
    scope = None if institution_id is None else {institution_id}
    issued = [
        one.ordered_ms
        for one in orders(services, principal, scope, limit=1000)
        if (one.report, one.period, one.state) == (REPORT, str(period), OrderState.DONE) and one.known_at_ms is None
    ]
    return max(issued, default=None)
