"""Rules that look for themselves: what begins and ends is told once, whatever fails, restarts or flickers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from cloud.core.event import Severity
from cloud.records.record import RecordImport
from cloud.risk.alarm import AlarmState
from cloud.risk.library import Library
from cloud.risk.rule import Evidence, Sighting
from tests.support.cloud_world import cloud_world
from tests.support.risk_rules import examined
from tests.support.risk_side import RiskSide

KIND, OVER = "real_estate.leak", "real_estate.leak_over"


class Leaks:
    """What there is to see in the office; looking at the school finds nothing."""

    def __init__(self) -> None:
        self.seen: list[Sighting] = []
        self.looks = 0
        self.fails = False

    def __call__(self, evidence: Evidence) -> Iterable[Sighting]:
        self.looks += evidence.institution_id == "office"
        if self.fails:
            raise RuntimeError("no such thing")
        return self.seen if evidence.institution_id == "office" else ()


@pytest.fixture
def leaks() -> Leaks:
    return Leaks()


@pytest.fixture
def side(tmp_path: Path, leaks: Leaks) -> Iterator[RiskSide]:
    rules = [examined("X01", KIND, leaks), examined("X02", "vehicle.night_trip", lambda _: (), is_restricted=True)]
    with cloud_world(tmp_path) as world:
        yield RiskSide(world, Library(rules))


def leak(place: str = "a", evidence: str = "2026-09", occurred_ms: int = 0) -> Sighting:
    return Sighting(f"building:{place}", evidence, occurred_ms, {"flow": 12.5})


def test_a_sighting_is_an_event_of_the_rule_told_once(side: RiskSide, leaks: Leaks) -> None:
    leaks.seen = [leak(occurred_ms=side.now_ms - 86_400_000), leak("b", occurred_ms=side.now_ms + 1)]
    for _ in range(3):
        side.pass_time(60)
        side.start()
    events = side.events(KIND)
    assert [(one.subject, one.department, one.severity) for one in events] == [
        ("building:a", "real_estate", Severity.ORANGE),
        ("building:b", "real_estate", Severity.ORANGE),
    ]
    assert events[0].data == {"flow": 12.5, "rule_id": "X01"}
    assert all(one.occurred_ms <= one.received_ms for one in events)
    assert [one.state for one in side.alarms()] == [AlarmState.UNACKNOWLEDGED] * 2


def test_what_is_no_longer_seen_is_over_and_may_come_back(side: RiskSide, leaks: Leaks) -> None:
    for seen in ([leak()], [], [leak()], []):
        leaks.seen = seen
        side.pass_time(60)
        side.start()
    assert len({one.event_id for one in side.events(KIND)}) == 2
    assert len({one.event_id for one in side.events(OVER)}) == 2
    [alarm] = side.alarms()
    assert (alarm.state, alarm.count, alarm.active) == (AlarmState.RETURNED, 2, False)


def test_new_evidence_at_one_subject_is_a_repeat_and_its_end_is_the_last_one(side: RiskSide, leaks: Leaks) -> None:
    for seen in ([leak()], [leak(), leak(evidence="2026-10")], [leak(evidence="2026-10")]):
        leaks.seen = seen
        side.pass_time(60)
    [alarm] = side.alarms()
    assert (alarm.count, alarm.active, side.events(OVER)) == (2, True, [])
    leaks.seen = []
    side.pass_time(60)
    assert (side.alarms()[0].active, len(side.events(OVER))) == (False, 1)


@pytest.mark.parametrize(("port", "step"), [("event_log", "append"), ("settings", "write")])
def test_a_crash_at_either_step_loses_and_doubles_no_event(
    side: RiskSide, leaks: Leaks, monkeypatch: pytest.MonkeyPatch, port: str, step: str
) -> None:
    for seen in ([leak()], []):
        leaks.seen = seen
        side.world.clock.advance(60)
        with monkeypatch.context() as patch:
            patch.setattr(type(getattr(side.world.services, port)), step, lambda *_: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                side.run("examine")
        side.world.clock.advance(60)
        side.start()
        side.run("examine", "raise")
    assert (len(side.events(KIND)), len(side.events(OVER))) == (1, 1)


def test_a_rule_that_fails_neither_ends_its_conditions_nor_stops_others(side: RiskSide, leaks: Leaks) -> None:
    leaks.seen = [leak()]
    side.pass_time(60)
    leaks.fails = True
    side.pass_time(60)
    side.pass_time(60)
    assert (leaks.looks, side.events(OVER)) == (3, [])
    leaks.fails, leaks.seen = False, []
    side.pass_time(60)
    assert len(side.events(OVER)) == 1


def test_rules_rest_between_looks_and_look_at_once_after_an_import(side: RiskSide, leaks: Leaks) -> None:
    side.run("examine")
    side.run("examine")
    assert leaks.looks == 1
    side.pass_time(10)
    assert leaks.looks == 2
    side.pass_time(400)
    for expected in (3, 3, 3, 4):
        assert leaks.looks == expected
        side.pass_time(20)
    now_ms = side.now_ms
    of_import = RecordImport("i-1", "office", "contract", "x.csv", "digest", "li", now_ms)
    side.world.services.records.put([], of_import)
    side.run("examine")
    assert leaks.looks == 5
    side.run("examine")
    assert leaks.looks == 5


def test_what_a_rule_saw_in_shadow_raises_its_alarm_once_it_is_approved(tmp_path: Path) -> None:
    trips = examined("X02", "vehicle.night_trip", lambda _: [Sighting("vehicle:car-1", "t-1", 0)], is_restricted=True)
    with cloud_world(tmp_path) as world:
        side = RiskSide(world, Library([trips]))
        side.run()
        assert [one.is_restricted for one in side.events(trips.kind)] == [True, True]
        assert side.alarms() == []
        world.services.risk.rules.approve("office", "X02", "chen", side.now_ms)
        side.run()
        assert [(one.institution_id, one.is_restricted) for one in side.alarms()] == [("office", True)]
        assert [one.is_restricted for one in side.risks()] == [True]
