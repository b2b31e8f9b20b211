"""Lateness is told once, whatever restarts, and silence closes what is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.event import Event
from cloud.desks.requests import RequestDraft, file_request, move_request
from cloud.jobs.job import JobTools
from cloud.jobs.watch_requests import WatchRequests
from cloud.risk.alarm_life import OCCURRENCE, open_alarm, receive
from cloud.risk.library import load_library
from cloud.services.lateness import CAUGHT_UP, OVERDUE
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import Action
from device_profiles.catalogue import load_catalogue
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import done_repair, head_of, repair, staff

HEAD = head_of("real_estate")
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def job(world: World) -> WatchRequests:
    return WatchRequests(JobTools(world.services, world.services.departments, load_catalogue()))


def told(world: World) -> list[Event]:
    return [one.event for one in world.services.event_log.after(0) if one.event.kind.startswith("general.service")]


def facts(world: World) -> list[tuple[str, str]]:
    return [(one.kind.removeprefix("general.service_"), str(one.data[OCCURRENCE]).split("/")[1]) for one in told(world)]


def move(world: World, request: ServiceRequest, *actions: Action, by: object = HEAD) -> None:
    for action in actions:
        move_request(world.services, by, request.request_id, action)  # type: ignore[arg-type]


def test_an_unanswered_request_is_told_once_with_whom_it_waits_for(world: World) -> None:
    request, watching = repair(world), job(world)
    watching.run()
    assert told(world) == []
    world.clock.advance(31 * MINUTE_S)
    watching.run()
    watching.run()
    job(world).run()
    [event] = told(world)
    assert (event.kind, event.department, event.subject) == (OVERDUE, "general", "department:real_estate")
    assert event.data["request"] == request.request_id
    assert (event.data["service"], event.data["department"]) == ("repair", "real_estate")
    assert event.occurred_ms == request.respond_by_ms


def test_of_a_restricted_request_only_the_late_department_is_told(world: World) -> None:
    draft = RequestDraft("office", "suggestion", "institution:office", {"about": "catering", "text": "太咸"})
    request = file_request(world.services, staff(), draft)
    world.clock.advance(30 * DAY_S)
    job(world).run()
    events = told(world)
    assert [one.subject for one in events] == ["department:general"] * 2
    assert request.request_id not in repr(events)
    assert "suggestion" not in repr(events)
    assert len({one.data[OCCURRENCE] for one in events}) == 2


def test_a_request_about_a_persons_matter_is_not_told_to_be_late(world: World) -> None:
    world.services.service.requests.add(replace(repair(world), request_id="r-1", risk_id="risk-1", is_restricted=True))
    world.clock.advance(30 * DAY_S)
    job(world).run()
    assert {one.data["request"] for one in told(world)}.isdisjoint({"r-1"})
    assert len(told(world)) == 2


def test_answering_and_finishing_late_end_what_they_began(world: World) -> None:
    request, watching = repair(world), job(world)
    world.clock.advance(HOUR_S)
    watching.run()
    move(world, request, Action.ACCEPT)
    watching.run()
    world.clock.advance(DAY_S)
    watching.run()
    move(world, request, Action.START, Action.FINISH)
    watching.run()
    assert facts(world) == [
        ("overdue", "respond"), ("caught_up", "respond"), ("overdue", "finish"), ("caught_up", "finish"),
    ]  # fmt: skip
    begun = {one.data[OCCURRENCE] for one in told(world) if one.kind == OVERDUE}
    assert begun == {one.data[OCCURRENCE] for one in told(world) if one.kind == CAUGHT_UP}


def test_a_late_request_that_is_withdrawn_has_caught_up(world: World) -> None:
    request, watching = repair(world), job(world)
    world.clock.advance(HOUR_S)
    watching.run()
    move(world, request, Action.CANCEL, by=staff())
    watching.run()
    assert facts(world) == [("overdue", "respond"), ("caught_up", "respond")]


def test_lateness_that_came_and_went_while_nobody_watched_is_told_after_the_start(world: World) -> None:
    request = repair(world)
    world.clock.advance(HOUR_S)
    move(world, request, Action.ACCEPT, Action.START, Action.FINISH)
    move(world, request, Action.CONFIRM, by=staff())
    move(world, request, Action.CLOSE)
    world.clock.advance(HOUR_S)
    job(world).run()
    job(world).run()
    assert facts(world) == [("overdue", "respond"), ("caught_up", "respond")]
    assert all(one.is_late for one in told(world))


def test_a_request_in_time_is_never_told(world: World) -> None:
    watching = job(world)
    done_repair(world)
    watching.run()
    world.clock.advance(2 * DAY_S)
    watching.run()
    assert told(world) == []


def test_a_reopened_request_is_late_anew_from_its_reopening_on(world: World) -> None:
    request, watching = done_repair(world), job(world)
    watching.run()
    world.clock.advance(2 * DAY_S)
    move(world, request, Action.REOPEN, by=staff())
    world.clock.advance(1)
    watching.run()
    [event] = told(world)
    assert event.occurred_ms == world.clock.now_ms() - 1000


def test_the_third_reopening_is_brought_before_somebody(world: World) -> None:
    request, watching = done_repair(world), job(world)
    for _ in range(3):
        move(world, request, Action.REOPEN, by=staff())
        move(world, request, Action.START, Action.FINISH)
    watching.run()
    watching.run()
    assert [one.kind for one in told(world)] == ["general.service_escalated"]


def test_silence_of_a_week_closes_what_is_done(world: World) -> None:
    request, watching = done_repair(world), job(world)
    world.clock.advance(7 * DAY_S - 1)
    watching.run()
    assert world.services.service.requests.find(request.request_id) == request
    world.clock.advance(1)
    watching.run()
    closed = world.services.service.requests.find(request.request_id)
    assert closed is not None
    assert (closed.state, closed.steps[-1].by) == (RequestState.CLOSED, "system")


def test_the_alarm_of_a_department_holds_until_its_last_late_request_is_done(world: World) -> None:
    """The library's rule G02 over these very events."""
    rule = load_library().get("G02")
    assert rule is not None
    first, second, watching = repair(world), repair(world), job(world)
    world.clock.advance(HOUR_S)
    watching.run()
    now_ms = world.clock.now_ms()
    begun = told(world)
    alarm = receive(open_alarm(rule, begun[0], department="general", now_ms=now_ms), rule, begun[1], now_ms)
    move(world, first, Action.ACCEPT)
    watching.run()
    alarm = receive(alarm, rule, told(world)[-1], now_ms)
    assert alarm.active
    world.clock.advance(1)
    move(world, second, Action.ACCEPT)
    watching.run()
    assert not receive(alarm, rule, told(world)[-1], world.clock.now_ms()).active
