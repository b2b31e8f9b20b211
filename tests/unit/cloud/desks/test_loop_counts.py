"""The numbers of the loop: what they count, for whom, and that nothing about persons is among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.access import Principal, Role
from cloud.core.event import Severity
from cloud.core.period import DAY_MS
from cloud.desks.loop_counts import LoopCounts, read_loop_counts
from cloud.risk.risk import Label, Risk, RiskStatus
from cloud.services.request import Rating, RequestState, ServiceRequest
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world

STAFF = Principal("li", frozenset({Role.STAFF}), frozenset({"office"}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def test_the_loop_counts_what_is_open_and_what_was_learnt(world: World) -> None:
    services, now = world.services, world.clock.now_ms()
    risk = Risk("r", "office", "F01", "finance", "department:finance", 3, 3, Severity.ORANGE, RiskStatus.OPEN, now,
                now + 1, "e")  # fmt: skip
    closed = replace(risk, status=RiskStatus.CLOSED, closed_ms=now - DAY_MS, label=Label.TRUE)
    for one in (
        risk,
        replace(risk, risk_id="yellow", colour=Severity.YELLOW),
        replace(risk, risk_id="personal", is_restricted=True),
        replace(closed, risk_id="judged"),
        replace(closed, risk_id="long-ago", closed_ms=now - 31 * DAY_MS),
        replace(closed, risk_id="judged-personal", is_restricted=True),
        replace(risk, risk_id="elsewhere", institution_id="school"),
    ):
        services.risk.register.save(one)
    request = ServiceRequest("q", "office", "repair", "real_estate", "building:building-a", "li", now - DAY_MS,
                             RequestState.SUBMITTED, now + 1, now + DAY_MS)  # fmt: skip
    for asked in (
        replace(request, risk_id="r"),
        replace(request, request_id="late", finish_by_ms=now - 1),
        replace(request, request_id="personal", is_restricted=True),
        replace(request, request_id="done", state=RequestState.DONE, rating=Rating(5, "li", now)),
        replace(request, request_id="old", state=RequestState.CLOSED, rating=Rating(5, "li", now - 40 * DAY_MS)),
    ):
        services.service.requests.add(asked)
    found = read_loop_counts(services, STAFF, {"office"})
    assert found == LoopCounts(
        open_risks=2, severe_risks=1, handed_over=1, open_requests=2, overdue_requests=1, rated=1, judged=1
    )


def test_nobody_counts_beyond_their_institutions(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        read_loop_counts(world.services, STAFF, {"school"})
    assert refused.value.status == 404
