"""Events become alarms once, whatever is repeated, late, in shadow or cut short by a crash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.jobs import raise_alarms
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.alarm_life import acknowledge
from tests.support.cloud_world import cloud_world
from tests.support.risk_rules import FIRE, LIMIT, PUMP, SPEED, TRIP
from tests.support.risk_side import RiskSide

S = AlarmState


@pytest.fixture
def side(tmp_path: Path) -> Iterator[RiskSide]:
    with cloud_world(tmp_path) as world:
        made = RiskSide(world)
        made.run()
        yield made


def answer(side: RiskSide, alarm: Alarm) -> None:
    now_ms = side.now_ms
    side.world.services.risk.alarms.change(alarm.alarm_id, lambda current: acknowledge(current, "li", now_ms))


def test_a_condition_is_one_alarm_from_its_first_event_to_its_end(side: RiskSide) -> None:
    first = side.tell(PUMP.kind)
    side.run("raise")
    side.pass_time(5)
    second = side.tell(PUMP.kind)
    side.run("raise")
    [alarm] = side.alarms()
    assert (alarm.state, alarm.department, alarm.count) == (S.UNACKNOWLEDGED, "real_estate", 2)
    assert alarm.event_ids == (first.event_id, second.event_id)
    answer(side, alarm)
    side.pass_time(5)
    side.tell(PUMP.clears or "")
    side.run("raise")
    assert [one.state for one in side.alarms()] == [S.CLOSED]
    side.pass_time(5)
    side.tell(PUMP.kind)
    side.run("raise")
    assert [one.state for one in side.alarms()] == [S.CLOSED, S.UNACKNOWLEDGED]


def test_pairs_are_kept_apart(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.tell(PUMP.kind, subject="device:pump-2")
    side.tell(PUMP.kind, institution_id="school")
    side.tell(SPEED.kind)
    side.run("raise")
    side.tell(PUMP.clears or "", subject="device:pump-2")
    side.run("raise")
    states = {(one.institution_id, one.rule_id, one.subject): one.state for one in side.alarms()}
    assert states == {
        ("office", "T01", "device:pump-1"): S.UNACKNOWLEDGED,
        ("office", "T01", "device:pump-2"): S.RETURNED,
        ("school", "T01", "device:pump-1"): S.UNACKNOWLEDGED,
        ("office", "T03", "device:pump-1"): S.RETURNED,
    }


def test_an_answer_between_two_looks_is_not_lost(side: RiskSide) -> None:
    side.tell(PUMP.kind)
    side.run("raise")
    [stale] = side.alarms()
    answer(side, stale)
    side.tell(PUMP.kind)
    side.run("raise")
    [alarm] = side.alarms()
    assert (alarm.state, alarm.acknowledged_by, alarm.count) == (S.ACKNOWLEDGED, "li", 2)


@pytest.mark.parametrize("crash_at", range(4))
def test_a_crash_repeats_events_harmlessly(side: RiskSide, monkeypatch: pytest.MonkeyPatch, crash_at: int) -> None:
    for kind, subject in (
        (PUMP.kind, "device:pump-1"),
        (PUMP.kind, "device:pump-1"),
        (PUMP.clears or "", "device:pump-1"),
        (PUMP.kind, "device:pump-2"),
    ):
        side.tell(kind, subject=subject)
        side.world.clock.advance(1)
    die_at(side, crash_at, monkeypatch)
    side.start()
    for _ in range(3):
        closed = [one for one in side.alarms() if one.state is S.CLOSED]
        side.run("raise")
        assert [one for one in side.alarms() if one.state is S.CLOSED] == closed
        for alarm in side.alarms():
            if alarm.state is S.RETURNED:
                answer(side, alarm)
        found = [(one.subject, one.count, len(one.event_ids), one.active) for one in side.alarms()]
        assert found == [("device:pump-1", 2, 3, False), ("device:pump-2", 1, 1, True)]
        # The whole log once more, as after a crash before the cursor moved.
        side.world.services.event_log.advance(raise_alarms.CONSUMER, 0)


def die_at(side: RiskSide, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends before it handles the event at `place`."""
    job = side.jobs["raise"]
    whole, handled = job._receive, itertools.count()

    def dying(*arguments: Any) -> None:
        if next(handled) == place:
            raise SystemExit
        whole(*arguments)

    monkeypatch.setattr(job, "_receive", dying)
    with pytest.raises(SystemExit):
        job.run()


def test_smoke_of_an_outage_alarms_even_when_its_end_came_first(side: RiskSide) -> None:
    began_ms = side.now_ms
    side.pass_time(300)
    side.tell(FIRE.clears or "")
    side.run("raise")
    assert side.alarms() == []
    side.tell(FIRE.kind, occurred_ms=began_ms, is_late=True)
    side.run("raise")
    [alarm] = side.alarms()
    assert (alarm.state, alarm.is_late, alarm.active) == (S.RETURNED, True, False)
    assert (alarm.opened_ms, alarm.announced_ms) == (began_ms, side.now_ms)


def test_a_rule_in_shadow_raises_nothing_until_it_is_approved(side: RiskSide) -> None:
    over = side.tell(TRIP.kind, subject="vehicle:car-2", is_restricted=True)
    side.tell(TRIP.clears or "", subject=over.subject, is_restricted=True)
    side.tell(TRIP.kind, subject="vehicle:car-1", is_restricted=True)
    side.run("raise")
    assert side.alarms() == []
    side.world.services.risk.rules.approve("office", TRIP.rule_id, "chen", side.now_ms)
    side.run("raise")
    [alarm] = side.alarms()
    assert (alarm.subject, alarm.is_restricted) == ("vehicle:car-1", True)
    side.tell(TRIP.clears or "", subject="vehicle:car-1", is_restricted=True)
    side.run("raise")
    answer(side, side.alarms()[0])
    side.start()
    side.run("raise")
    assert [one.state for one in side.alarms()] == [S.CLOSED]
    side.tell(TRIP.kind, institution_id="school")
    side.run("raise")
    assert len(side.alarms()) == 1


def test_a_late_breach_waits_for_an_answer_and_holds_nothing(side: RiskSide) -> None:
    side.tell(LIMIT.kind, is_late=True, data={"breach_id": "b-1"})
    side.run("raise")
    assert [(one.state, one.active) for one in side.alarms()] == [(S.RETURNED, False)]


def test_timers_are_kept_and_others_are_woken_only_by_news(side: RiskSide) -> None:
    side.tell(SPEED.kind)
    side.world.wakes.clear()
    side.run("raise")
    assert side.world.wakes == [None]
    side.run("raise")
    assert side.world.wakes == [None]
