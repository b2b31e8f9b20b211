"""Open alarms in the order in which they want an answer, each with the facts it was raised from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.console.views.alarm_board import DAY_MS, facts_of, newest_ids, raised_in_last_day, read_open_alarms
from cloud.core.access import Principal, Role
from cloud.core.event import LoggedEvent, Severity
from cloud.risk.alarm import AlarmState
from foundation.errors import DomainError
from tests.support import risk_cases
from tests.support.cloud_world import World, cloud_world
from tests.support.risk_rules import an_event

DISPATCHER = Principal("d", frozenset({Role.DISPATCHER}), frozenset({"office"}))
HEAD = Principal("h", frozenset({Role.DEPARTMENT_HEAD}), frozenset({"office"}), "finance")
SUPERIOR = Principal("s", frozenset({Role.SUPERIOR}), frozenset({"office"}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def test_the_worst_come_first_and_among_them_those_that_nobody_answered(world: World) -> None:
    answered = risk_cases.alarm(world, severity=Severity.ORANGE, state=AlarmState.ACKNOWLEDGED)
    waiting = risk_cases.alarm(world, severity=Severity.ORANGE)
    mild = risk_cases.alarm(world, severity=Severity.YELLOW)
    risk_cases.alarm(world, "school")
    lines = read_open_alarms(world.services, DISPATCHER)
    assert [one.alarm.alarm_id for one in lines] == [waiting.alarm_id, answered.alarm_id, mild.alarm_id]
    assert all(one.is_shelvable for one in lines)


def test_a_head_sees_alarms_of_the_own_department_and_a_superior_none(world: World) -> None:
    risk_cases.alarm(world)
    assert read_open_alarms(world.services, HEAD) == ()
    with pytest.raises(DomainError):
        read_open_alarms(world.services, SUPERIOR)


def test_an_alarm_counts_for_the_day_in_which_people_were_told(world: World) -> None:
    now_ms = world.clock.now_ms()
    risk_cases.alarm(world, announced_ms=now_ms - DAY_MS)
    risk_cases.alarm(world, announced_ms=now_ms - DAY_MS - 1)
    risk_cases.alarm(world, announced_ms=None)
    assert raised_in_last_day(world.services, DISPATCHER) == 1


def test_the_facts_are_those_of_the_newest_event_that_the_condition_held_by(world: World) -> None:
    alarm = risk_cases.alarm(world)
    events = [
        LoggedEvent(place, an_event(kind, data={"peak_shown": peak}))
        for place, (kind, peak) in enumerate(
            [("energy.threshold_breach", "90"), ("energy.threshold_breach", "93"), ("energy.threshold_cleared", "80")]
        )
    ]
    assert facts_of(alarm, events) == {"peak_shown": "93"}
    assert facts_of(alarm, events[2:]) == {}
    assert facts_of(replace(alarm, rule_id="Z99"), events) == {}


def test_the_first_and_the_newest_events_are_asked_for(world: World) -> None:
    alarm = replace(risk_cases.alarm(world), event_ids=tuple("abcdef"))
    assert newest_ids(alarm) == ("a", "d", "e", "f")
    assert newest_ids(replace(alarm, event_ids=("a",))) == ("a",)
