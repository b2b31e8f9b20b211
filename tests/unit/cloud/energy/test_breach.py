"""Breaches from transitions, and those found in readings that came late."""

from __future__ import annotations

import dataclasses

from cloud.core.series import Sample
from cloud.core.threshold import BreachState
from cloud.energy.breach import close_breach, find_late_breaches, open_breach, resume, unrecorded
from cloud.energy.breach_event import cleared_event, opened_event, shown
from cloud.energy.threshold import Transition, step
from foundation.texts import load_texts
from tests.support.thinking import peak_limit

START_MS = 1_790_000_000_000
LIMIT = peak_limit()


def at(second: float, value: float) -> Sample:
    return Sample(START_MS + round(second * 1000), value)


def test_the_same_threshold_and_time_give_the_same_breach() -> None:
    transition = Transition(BreachState.OPEN, START_MS, 120_000.0, 130_000.0)
    assert open_breach(LIMIT, transition) == open_breach(LIMIT, transition)
    other = open_breach(dataclasses.replace(LIMIT, threshold_id="other"), transition)
    assert other.breach_id != open_breach(LIMIT, transition).breach_id


def test_late_readings_give_closed_breaches_marked_late() -> None:
    samples = [at(0, 150_000), at(60, 50_000), at(180, 150_000)]
    breaches = find_late_breaches(LIMIT, samples, START_MS, START_MS + 240_000)
    assert [((one.opened_ms - START_MS) / 1000, ((one.closed_ms or 0) - START_MS) / 1000) for one in breaches] == [
        (20, 79),
        (201, 240),
    ]
    assert all(one.is_late and one.state is BreachState.CLOSED and one.peak == 150_000 for one in breaches)


def test_what_is_recorded_already_is_not_found_again() -> None:
    found = find_late_breaches(LIMIT, [at(0, 150_000), at(60, 50_000)], START_MS, START_MS + 240_000)
    live = dataclasses.replace(found[0], breach_id="live", opened_ms=found[0].opened_ms + 3_000, is_late=False)
    assert unrecorded(found, [live]) == []
    assert unrecorded(found, [dataclasses.replace(live, closed_ms=None)]) == []
    assert unrecorded(found, [dataclasses.replace(live, threshold_id="other")]) == found
    earlier = dataclasses.replace(live, opened_ms=0, closed_ms=found[0].opened_ms - 1)
    assert unrecorded(found, [earlier]) == found


def test_a_resumed_breach_closes_like_one_that_was_never_interrupted() -> None:
    breach = open_breach(LIMIT, Transition(BreachState.OPEN, START_MS, 120_000.0, 130_000.0))
    state = resume(breach, START_MS + 60_000)
    _, transitions = step(LIMIT, state, [at(40, 50_000)], START_MS + 120_000)
    assert [one.state for one in transitions] == [BreachState.CLOSED]
    assert transitions[0].peak == 130_000


def test_events_of_a_breach_are_the_same_however_often_they_are_told() -> None:
    breach = open_breach(LIMIT, Transition(BreachState.OPEN, START_MS, 120_000.0, 130_000.0))
    first = opened_event(LIMIT, breach, department="energy", unit="W", now_ms=START_MS + 1)
    again = opened_event(LIMIT, breach, department="energy", unit="W", now_ms=START_MS + 9)
    closed = close_breach(breach, START_MS + 90_000, 140_000.0)
    cleared = cleared_event(LIMIT, closed, department="energy", unit="W", now_ms=START_MS + 90_001)
    assert first.event_id == again.event_id != cleared.event_id
    assert (first.kind, first.subject, first.data["limit_shown"]) == (
        "energy.threshold_breach",
        "device:a-main",
        "100.0 kW",
    )
    assert (cleared.kind, cleared.occurred_ms, cleared.data["peak"], cleared.data["minutes"]) == (
        "energy.threshold_cleared",
        START_MS + 90_000,
        140_000.0,
        1.5,
    )


def test_every_fact_of_the_sentences_is_given() -> None:
    breach = open_breach(LIMIT, Transition(BreachState.OPEN, START_MS, 120_000.0, 130_000.0))
    told = opened_event(LIMIT, breach, department="energy", unit="W", now_ms=START_MS)
    cleared = cleared_event(LIMIT, breach, department="energy", unit="W", now_ms=START_MS)
    for event in (told, cleared):
        assert "?" not in load_texts()(f"event.{event.kind}", "en", **event.data, subject="it")


def test_values_are_shown_in_the_unit_people_use() -> None:
    assert shown(1_234_560.0, "W") == "1,234.6 kW"
    assert shown(26.04, "°C") == "26.0 °C"
    assert shown(3, "") == "3.0"
