"""Watches the clock of requests: tells what is late or escalated, and closes what nobody objects to."""

from __future__ import annotations

from collections.abc import Iterable

from cloud.jobs.job import JobPlan, JobTools
from cloud.services.lateness import lateness_events
from cloud.services.request import ServiceRequest
from cloud.services.request_life import SYSTEM, Action, Party, is_silent, moved
from cloud.services.request_pages import newest_first
from foundation.errors import DomainError

PERIOD_S = 15.0
LOOKBACK_MS = 92 * 86_400_000
"""After a start, requests asked so long ago are looked at for lateness that ended while nobody watched."""


class WatchRequests:
    """One round over the unfinished requests, and those that have ended since the last round."""

    def __init__(self, tools: JobTools) -> None:
        self._services, self._tools = tools.services, tools
        self._watched: set[str] | None = None

    def run(self) -> bool:
        unfinished = self._services.service.requests.unfinished()
        self._tell([*unfinished, *self._ended({one.request_id for one in unfinished})])
        self._watched = {one.request_id for one in unfinished}
        if sum(self._closed(one) for one in unfinished):
            self._services.wake()
        return False

    def _tell(self, requests: Iterable[ServiceRequest]) -> None:
        now_ms, departments = self._services.clock.now_ms(), self._tools.departments
        events = [event for one in requests for event in lateness_events(one, now_ms, departments)]
        if events:
            self._services.event_log.append(events)

    def _ended(self, unfinished: set[str]) -> list[ServiceRequest]:
        book, now_ms = self._services.service.requests, self._services.clock.now_ms()
        if self._watched is None:
            return list(newest_first(book, self._tools.institution_ids(), now_ms - LOOKBACK_MS))
        found = (book.find(request_id) for request_id in sorted(self._watched - unfinished))
        return [one for one in found if one is not None]

    def _closed(self, request: ServiceRequest) -> bool:
        """Close it if nobody has objected for long; somebody who moves it at the same time is right."""
        now_ms = self._services.clock.now_ms()
        if not is_silent(request, now_ms):
            return False
        closed = moved(request, Action.CLOSE, by=SYSTEM, parties={Party.CLOCK}, at_ms=now_ms)
        try:
            self._services.service.requests.move(closed, was=request)
        except DomainError:
            return False
        return True


JOB = JobPlan(PERIOD_S, lambda tools: WatchRequests(tools).run)
