"""What people ask for most urgently: demands mined from requests, ranked, each with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from cloud.services.catalogue import Service
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import SYSTEM, met_level
from cloud.services.share import Share, share_of
from cloud.services.trend import Surge, Trend, surge_of, trend_of

WINDOW_WEEKS = 12
SATISFIED_FROM, DISSATISFIED_UNTIL = 4, 2
"""Stars of five that count as satisfied, and as dissatisfied."""

NOTABLE = 0.2
"""A share of late, reopened or disliked requests from which on it is the reason that is told."""

_WEEK_MS, _HOUR_MS = 7 * 86_400_000, 3_600_000


class Reason(StrEnum):
    """What is told first of a demand, the most pressing before the others."""

    SURGE = "surge"
    LATE = "late"
    DISLIKED = "disliked"
    REOPENED = "reopened"
    RISING = "rising"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Demand:
    """One service, or one topic of it, over the window. `weeks` are counts of whole weeks, oldest first.

    `unmet` are requests that were late, reopened, rejected or disliked. `need` is the number of unmet requests that
    can be relied on (volume times the lower end of their share); demands are ranked by it.
    """

    service: str
    topic: str | None
    department: str
    volume: int
    share: float
    weeks: tuple[int, ...]
    trend: Trend | None
    surge: Surge | None
    median_h: float | None
    on_time: Share
    reopened: Share
    satisfied: Share
    disliked: Share
    unmet: Share
    need: float
    reason: Reason


def demands(requests: Iterable[ServiceRequest], services: Mapping[str, Service], now_ms: int) -> list[Demand]:
    """Every demand of the last twelve weeks, a sure surge first, then by need and volume.

    What the system asked for by itself is no demand. Weeks before the first request of all are unknown, not empty.
    """
    start_ms = now_ms - WINDOW_WEEKS * _WEEK_MS
    asked = [one for one in requests if start_ms <= one.asked_ms < now_ms and one.asked_by != SYSTEM]
    groups: dict[tuple[str, str | None], list[ServiceRequest]] = defaultdict(list)
    for one in asked:
        if one.service in services:
            groups[one.service, services[one.service].topic_of(one.fields)].append(one)
    first_ms = min((one.asked_ms for one in asked), default=now_ms)
    known_weeks = min(WINDOW_WEEKS, -(-(now_ms - first_ms) // _WEEK_MS))
    total = sum(len(group) for group in groups.values())
    found = [
        _demand(group, topic, services[code], total, _weekly(group, known_weeks, now_ms), now_ms)
        for (code, topic), group in groups.items()
    ]
    return sorted(found, key=_rank)


def _demand(
    group: Sequence[ServiceRequest], topic: str | None, service: Service, total: int, weeks: Sequence[int], now_ms: int
) -> Demand:
    stars = [one.rating.stars for one in group if one.rating is not None]
    unmet = share_of(_is_unmet(one, now_ms) for one in group)
    evidence = _Evidence(
        trend=trend_of(weeks),
        surge=surge_of(weeks),
        on_time=share_of(_on_time(one, now_ms) for one in group),
        reopened=share_of(one.reopened > 0 for one in group if one.done_ms is not None or one.reopened),
        disliked=share_of(one <= DISSATISFIED_UNTIL for one in stars),
    )
    hours = [(one.done_ms - one.asked_ms) / _HOUR_MS for one in group if one.done_ms is not None]
    return Demand(
        service=service.code,
        topic=topic,
        department=service.department_for({} if service.topic is None else {service.topic: topic}),
        volume=len(group),
        share=len(group) / total,
        weeks=tuple(weeks),
        trend=evidence.trend,
        surge=evidence.surge,
        median_h=median(hours) if hours else None,
        on_time=evidence.on_time,
        reopened=evidence.reopened,
        satisfied=share_of(one >= SATISFIED_FROM for one in stars),
        disliked=evidence.disliked,
        unmet=unmet,
        need=len(group) * (unmet.low or 0.0),
        reason=_reason(evidence),
    )


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the reason is chosen from."""

    trend: Trend | None
    surge: Surge | None
    on_time: Share
    reopened: Share
    disliked: Share


def _reason(evidence: _Evidence) -> Reason:
    late = Share(evidence.on_time.total - evidence.on_time.hits, evidence.on_time.total)
    pressing = {
        Reason.SURGE: evidence.surge is not None and evidence.surge.is_sure,
        Reason.LATE: (late.low or 0.0) >= NOTABLE,
        Reason.DISLIKED: (evidence.disliked.low or 0.0) >= NOTABLE,
        Reason.REOPENED: (evidence.reopened.low or 0.0) >= NOTABLE,
        Reason.RISING: evidence.trend is not None and evidence.trend.is_sure and evidence.trend.per_week > 0,
        Reason.STEADY: True,
    }
    return next(reason for reason, holds in pressing.items() if holds)


def _rank(demand: Demand) -> tuple[bool, float, int, str, str]:
    return (demand.reason is not Reason.SURGE, -demand.need, -demand.volume, demand.service, demand.topic or "")


def _weekly(group: Iterable[ServiceRequest], weeks: int, now_ms: int) -> list[int]:
    counts = [0] * weeks
    for one in group:
        counts[weeks - 1 - (now_ms - 1 - one.asked_ms) // _WEEK_MS] += 1
    return counts


def _on_time(request: ServiceRequest, now_ms: int) -> bool | None:
    """Whether the service level was met; what is still open is late once it is past, and unknown before."""
    if request.done_ms is not None:
        return met_level(request)
    if request.closed_ms is not None:
        return None
    return False if now_ms > request.finish_by_ms else None


def _is_unmet(request: ServiceRequest, now_ms: int) -> bool:
    is_disliked = request.rating is not None and request.rating.stars <= DISSATISFIED_UNTIL
    is_turned_away = request.state is RequestState.REJECTED
    return is_disliked or is_turned_away or request.reopened > 0 or _on_time(request, now_ms) is False
