"""The loop from breach to fallen load, as it is told on the overview."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cloud.console.components.energy.loop_panel import steps
from cloud.console.session import Viewer
from cloud.console.views.breach_story import (
    SETTLE_MS,
    BreachStory,
    Effect,
    effect_spans,
    measure_effect,
    open_first,
    tell,
    with_effect,
)
from cloud.core.command_record import CommandRecord, CommandState
from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.energy.effect import Effect as BookedEffect
from gateway.messages import Outcome

MakeCommand = Callable[..., CommandRecord]
SENT, READ_BACK = 101_000, 103_000


class StepStore:
    """Power of 90 kW until the commands took, then 75 kW."""

    def series(self, key: SeriesKey, start_ms: int, end_ms: int, **_: object) -> list[Sample]:
        times = range(-(-start_ms // 1000) * 1000, end_ms, 1000)
        return [Sample(at, 90_000.0 if at < READ_BACK + 5_000 else 75_000.0) for at in times]


@pytest.fixture
def story(threshold: Threshold, breach: Breach, command: MakeCommand) -> BreachStory:
    verified = command("c1", CommandState.VERIFIED, sent_ms=SENT, at_ms=READ_BACK)
    return tell(breach, [threshold], [verified])


def test_a_story_joins_the_breach_with_its_own_threshold_and_commands(
    threshold: Threshold, breach: Breach, command: MakeCommand
) -> None:
    stranger = command("c9", CommandState.SENT)
    stranger = replace(stranger, request=replace(stranger.request, breach_id="other"))
    later, first = command("c2", CommandState.SENT, sent_ms=200_000), command("c1", CommandState.SENT, sent_ms=SENT)
    told = tell(breach, [replace(threshold, threshold_id="x"), threshold], [later, stranger, first])
    assert told.threshold == threshold
    assert [record.request.command_id for record in told.commands] == ["c1", "c2"]


def test_the_effect_is_the_fall_of_the_mean_load(story: BreachStory) -> None:
    effect = measure_effect(StepStore(), story, READ_BACK + SETTLE_MS + 30_000)  # type: ignore[arg-type]
    assert effect is not None
    assert effect.fall_w == pytest.approx(15_000)


def test_the_effect_waits_until_its_span_has_passed(story: BreachStory) -> None:
    assert measure_effect(StepStore(), story, READ_BACK + SETTLE_MS + 29_999) is None  # type: ignore[arg-type]


def test_the_span_after_ends_when_the_equipment_is_given_back(
    threshold: Threshold, breach: Breach, command: MakeCommand
) -> None:
    taken = command("c1", CommandState.RELINQUISHED, sent_ms=SENT, at_ms=140_000, outcome=Outcome.RELINQUISHED)
    back = command("c1-back", CommandState.RELINQUISHED, value=None, sent_ms=SENT + SETTLE_MS + 12_000)
    told = tell(breach, [threshold], [taken, back])
    spans = effect_spans(told)
    assert spans is not None
    assert spans == ((SENT - 12_000, SENT), (SENT + SETTLE_MS, SENT + SETTLE_MS + 12_000))
    assert told.given_back == {("ac-1", "Setpoint/Temperature")}
    assert [record.request.command_id for record in told.orders] == ["c1"]


def test_a_target_given_back_at_once_has_no_measurable_effect(
    threshold: Threshold, breach: Breach, command: MakeCommand
) -> None:
    taken = command("c1", CommandState.VERIFIED, sent_ms=SENT, at_ms=READ_BACK)
    back = command("c1-back", CommandState.SENT, value=None, sent_ms=READ_BACK + SETTLE_MS + 1_000)
    assert effect_spans(tell(breach, [threshold], [taken, back])) is None


def test_a_renewed_command_counts_once_and_from_its_first_success(
    threshold: Threshold, breach: Breach, command: MakeCommand
) -> None:
    first = command("c1", CommandState.RELINQUISHED, sent_ms=SENT, at_ms=700_000)
    again = command("c2", CommandState.VERIFIED, sent_ms=710_000, at_ms=712_000)
    told = tell(breach, [threshold], [first, again])
    assert [record.request.command_id for record in told.orders] == ["c2"]
    assert told.verified_ms == SENT


def test_open_breaches_come_first_then_the_newest() -> None:
    def one(name: str, opened_ms: int, state: BreachState) -> Breach:
        return Breach(name, "t", "office", opened_ms, 1.0, 2.0, state)

    breaches = [one("old", 1, BreachState.OPEN), one("x", 3, BreachState.CLOSED), one("y", 2, BreachState.CLOSED)]
    assert [breach.breach_id for breach in open_first(breaches, 2)] == ["old", "x"]


def test_the_steps_tell_breach_command_verified_and_fall(story: BreachStory, viewer: Viewer) -> None:
    told = replace(story, effect=Effect(90_000.0, 75_000.0, 30))
    shown = steps(told, viewer, 200_000)
    assert [step.state for step in shown] == ["failed", "done", "done", "done"]
    assert shown[0].detail == "peak 91.0 kW"
    assert shown[3].title == "Fell by 15.0 kW"


def test_the_booked_effect_is_told_and_the_live_estimate_only_without_one(story: BreachStory, viewer: Viewer) -> None:
    later = READ_BACK + SETTLE_MS + 30_000
    live = with_effect(StepStore(), story, {}, later)  # type: ignore[arg-type]
    assert steps(live, viewer, later)[3].title == "Fell by 15.0 kW"
    assert "live estimate, not booked yet" in steps(live, viewer, later)[3].detail
    booked = BookedEffect(
        "e", "office", story.breach.breach_id, ("c1",), "g", "d", "p", SENT, later, 900.0, 700.0, 200.0, 150.0, 250.0,
        "level_before", later,
    )  # fmt: skip
    told = with_effect(StepStore(), story, {story.breach.breach_id: booked}, later)  # type: ignore[arg-type]
    assert told.effect is None
    step = steps(told, viewer, later)[3]
    assert (step.title, step.state) == ("Saved 0.200 kWh", "done")
    assert step.detail == "booked, 90 % from 0.150 to 0.250 kWh"


def test_a_rise_of_the_load_is_said_as_such(story: BreachStory, viewer: Viewer) -> None:
    shown = steps(replace(story, effect=Effect(75_000.0, 76_500.0, 30)), viewer, 200_000)
    assert (shown[3].title, shown[3].state) == ("Rose by 1.5 kW", "failed")


def test_a_command_that_waits_for_an_officer_is_said_to(
    threshold: Threshold, breach: Breach, command: MakeCommand, viewer: Viewer
) -> None:
    shown = steps(tell(breach, [threshold], [command("c1", CommandState.PROPOSED)]), viewer, 200_000)
    assert [step.state for step in shown] == ["failed", "waiting", "waiting", "none"]
    assert shown[1].detail == "1 await approval"


def test_a_refused_command_shows_red_and_measures_nothing(
    threshold: Threshold, breach: Breach, command: MakeCommand, viewer: Viewer
) -> None:
    refused = command("c1", CommandState.REFUSED, sent_ms=SENT, at_ms=READ_BACK, outcome=Outcome.REFUSED)
    shown = steps(tell(breach, [threshold], [refused]), viewer, 200_000)
    assert [step.state for step in shown] == ["failed", "done", "failed", "none"]


def test_a_span_that_passed_without_data_is_not_called_measuring(story: BreachStory, viewer: Viewer) -> None:
    assert steps(story, viewer, READ_BACK + 1_000)[3].detail == "measuring"
    assert steps(story, viewer, 900_000)[3].detail == "too little data to measure"


def test_a_breach_without_actions_says_so(threshold: Threshold, breach: Breach, viewer: Viewer) -> None:
    shown = steps(tell(breach, [threshold], []), viewer, 200_000)
    assert [step.state for step in shown] == ["failed", "none", "none", "none"]
