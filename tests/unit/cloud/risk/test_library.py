"""The library refuses rules that contradict themselves; examinations remember what they saw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud.core.department import load_departments
from cloud.risk.alarm_life import clearing_kind
from cloud.risk.examination import Examined, Place, compare
from cloud.risk.library import Library, in_force, load_library
from cloud.risk.rule import Sighting
from foundation.errors import ConfigError
from foundation.texts import load_texts
from tests.support.risk_rules import FIRE, NOW_MS, PUMP, SPEED, TRIP, a_rule, examined

LEAK = examined("X01", "real_estate.leak", lambda _: ())
PLACE = Place("office", "real_estate", NOW_MS)


@pytest.mark.parametrize(
    "changes",
    [
        {"consequence": 0},
        {"consequence": 6},
        {"clears": "real_estate.pump_dry"},
        {"clears": None, "on_delay_s": 5.0},
        {"off_delay_s": -1.0},
        {"due_h": 0.0},
    ],
)
def test_a_rule_that_contradicts_itself_stops_the_start(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="T01"):
        Library([a_rule(**changes)])


def test_two_rules_of_one_id_stop_the_start() -> None:
    with pytest.raises(ConfigError, match="two rules"):
        Library([PUMP, replace(FIRE, rule_id="T01")])


def test_rules_are_found_by_what_begins_and_ends_their_condition() -> None:
    library = Library([PUMP, replace(PUMP, rule_id="T09"), SPEED, LEAK])
    assert [one.rule_id for one in library.watching("real_estate.pump_dry")] == ["T01", "T09"]
    assert [one.rule_id for one in library.watching("real_estate.pump_well")] == ["T01", "T09"]
    assert [one.rule_id for one in library.watching("real_estate.leak_over")] == ["X01"]
    assert library.watching("vehicle.fast_over") == ()
    assert library.examined() == (LEAK,)
    assert library.get("none") is None


def test_only_rules_about_persons_wait_for_approval() -> None:
    assert in_force(PUMP, ())
    assert not in_force(TRIP, ("T01",))
    assert in_force(TRIP, ("T04",))


def test_the_shipped_library_is_whole() -> None:
    library, texts, departments = load_library(), load_texts(), load_departments()
    owners = {departments.answering(rule.kind) for rule in library.all()}
    assert owners == {one.id for one in departments.all()}
    for rule in library.all():
        for word in ("name", "finding", "advice"):
            assert f"risk.rule.{rule.rule_id}.{word}" in texts
        clears = clearing_kind(rule)
        assert clears is None or departments.answering(clears) == departments.answering(rule.kind)


def test_a_memory_comes_back_as_it_was_written() -> None:
    events, seen = compare(Examined(), LEAK, [Sighting("building:a", "x", 5)], PLACE)
    assert Examined.read(seen.written()) == seen
    assert seen.event_ids() == [events[0].event_id]
    assert Examined.read(None) == Examined()


def test_one_sighting_twice_in_a_round_is_one_event() -> None:
    sighting = Sighting("building:a", "x", 5)
    events, _ = compare(Examined(), LEAK, [sighting, sighting], PLACE)
    assert len(events) == 1


def test_the_same_evidence_at_two_institutions_is_two_occurrences() -> None:
    sighting = [Sighting("building:a", "x", 5)]
    here, _ = compare(Examined(), LEAK, sighting, PLACE)
    there, _ = compare(Examined(), LEAK, sighting, replace(PLACE, institution_id="school"))
    assert here[0].event_id != there[0].event_id
