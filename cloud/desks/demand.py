"""What a door shows of demands: the ranking over the requests of one's institutions."""

from __future__ import annotations

from collections.abc import Collection

from cloud.core.access import Permission, Principal, can
from cloud.desks.door import DoorServices
from cloud.services.catalogue import load_services
from cloud.services.demand import WINDOW_WEEKS, Demand, demands
from cloud.services.request_pages import newest_first
from foundation.errors import DomainError

_WEEK_MS = 7 * 86_400_000


def demand_ranking(services: DoorServices, principal: Principal, institution_ids: Collection[str]) -> list[Demand]:
    """Ranked demands of the last twelve weeks: counts alone, of all departments; DomainError 403."""
    if not can(principal, Permission.READ_DEMAND):
        raise DomainError("error.forbidden", 403)
    now_ms = services.clock.now_ms()
    asked = newest_first(services.service.requests, institution_ids, now_ms - WINDOW_WEEKS * _WEEK_MS)
    return demands(asked, load_services(), now_ms)
