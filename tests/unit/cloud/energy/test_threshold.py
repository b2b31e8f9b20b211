"""The judgement of a threshold: mean, hold, hysteresis, silence."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.series import Sample
from cloud.core.threshold import BreachState, Threshold
from cloud.energy.threshold import MAX_GAP_MS, ThresholdState, Transition, pace_ms, step
from gateway.messages import Quality

START_MS = 1_790_000_000_000
LIMIT = Threshold(
    threshold_id="t1",
    institution_id="demo-county-office",
    name="Peak",
    group="demo-county",
    device="a-main",
    point="Power/Active/Total",
    limit=100.0,
    hysteresis=10.0,
    window_s=30,
    hold_s=5,
)


def at(second: float, value: float | None, quality: Quality = Quality.GOOD) -> Sample:
    return Sample(START_MS + round(second * 1000), value, quality)


def judge(threshold: Threshold, samples: list[Sample], until_s: float) -> tuple[ThresholdState, list[Transition]]:
    return step(threshold, ThresholdState(START_MS), samples, START_MS + round(until_s * 1000))


def seconds(transitions: list[Transition]) -> list[tuple[str, float]]:
    return [(one.state.value, (one.at_ms - START_MS) / 1000) for one in transitions]


def load(low: float, high: float) -> st.SearchStrategy[list[Sample]]:
    values = st.one_of(st.floats(low, high), st.none())
    pieces = st.tuples(st.integers(1, 90_000), values, st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.BAD]))

    def build(steps: list[tuple[int, float | None, Quality]]) -> list[Sample]:
        at_ms, samples = START_MS, []
        for later_ms, value, quality in steps:
            at_ms += later_ms
            samples.append(Sample(at_ms, value, quality))
        return samples

    return st.lists(pieces, max_size=30).map(build)


def until(samples: list[Sample]) -> int:
    return (samples[-1].measured_ms if samples else START_MS) + 120_000


@given(load(-1000, 100))
def test_never_opens_while_no_sample_is_above_the_limit(samples: list[Sample]) -> None:
    _, transitions = step(LIMIT, ThresholdState(START_MS), samples, until(samples))
    assert transitions == []


@given(load(90, 1000))
def test_never_closes_while_no_sample_is_below_the_hysteresis(samples: list[Sample]) -> None:
    _, transitions = step(LIMIT, ThresholdState(START_MS), samples, until(samples))
    assert len(transitions) <= 1


@given(load(0, 200))
def test_opening_and_closing_take_turns_and_each_has_its_cause(samples: list[Sample]) -> None:
    _, transitions = step(LIMIT, ThresholdState(START_MS), samples, until(samples))
    for number, transition in enumerate(transitions):
        assert transition.state is (BreachState.CLOSED if number % 2 else BreachState.OPEN)
        assert transition.mean < 90 if number % 2 else transition.mean > 100
        assert transition.peak >= transition.mean
    for earlier, later in pairwise(transitions):
        if later.state is BreachState.OPEN:
            assert later.at_ms - earlier.at_ms >= LIMIT.hold_s * 1000


@given(load(0, 200), st.data())
def test_the_outcome_does_not_depend_on_how_the_samples_are_batched(samples: list[Sample], data: st.DataObject) -> None:
    end_ms = until(samples)
    whole_state, whole = step(LIMIT, ThresholdState(START_MS), samples, end_ms)
    cuts = sorted(data.draw(st.lists(st.integers(START_MS, end_ms), max_size=5)))
    state, found, begin = ThresholdState(START_MS), [], 0
    for cut_ms in [*cuts, end_ms]:
        batch = [sample for sample in samples if begin <= sample.measured_ms < cut_ms]
        begin = cut_ms
        state, transitions = step(LIMIT, state, batch, cut_ms)
        found += transitions
    assert found == whole
    assert dataclasses.replace(state, samples=()) == dataclasses.replace(whole_state, samples=())


@given(load(0, 200), st.data())
def test_order_and_repetition_of_samples_do_not_matter(samples: list[Sample], data: st.DataObject) -> None:
    end_ms = until(samples)
    shuffled = data.draw(st.permutations([*samples, *samples[::2]]))
    assert (
        step(LIMIT, ThresholdState(START_MS), shuffled, end_ms)[1]
        == (step(LIMIT, ThresholdState(START_MS), samples, end_ms)[1])
    )


def test_opens_after_the_hold_and_closes_below_the_hysteresis() -> None:
    samples = [at(0, 80), at(30, 160), at(60, 40)]
    state, transitions = judge(LIMIT, samples, 120)
    # Mean of 30 s: 80 + (t - 30) * 80 / 30 passes 100 after 37.5 s, held 5 s from 38 s on: 43 s.
    # Falling from 160 by 4 a second it is below 90 after 77.5 s.
    assert seconds(transitions) == [("open", 43.0), ("closed", 78.0)]
    assert transitions[0].mean == pytest.approx(80 + 13 * 80 / 30)
    assert transitions[1].peak == 160
    assert state.opened_ms is None


def test_a_short_peak_does_not_open() -> None:
    short = dataclasses.replace(LIMIT, window_s=5)
    assert judge(short, [at(0, 80), at(30, 160), at(33, 80)], 120)[1] == []
    assert seconds(judge(short, [at(0, 80), at(30, 160), at(37, 80)], 120)[1]) == [("open", 37.0), ("closed", 42.0)]


def test_an_open_breach_survives_the_band_between_limit_and_hysteresis() -> None:
    samples = [at(0, 150), *[at(60 + 10 * n, 95 + 4 * (-1) ** n) for n in range(20)]]
    assert seconds(judge(LIMIT, samples, 300)[1]) == [("open", 20.0)]


def test_a_constant_load_that_the_dead_band_keeps_silent_still_opens() -> None:
    assert seconds(judge(LIMIT, [at(0, 120)], 60)[1]) == [("open", 20.0)]


def test_too_little_of_the_window_gives_no_mean() -> None:
    state, transitions = judge(LIMIT, [at(0, 120)], 14)
    assert state.mean is None
    assert transitions == []


def test_a_value_holds_only_so_long() -> None:
    state, _ = judge(LIMIT, [at(0, 80)], MAX_GAP_MS / 1000 + 20)
    assert state.mean is None


def test_a_bad_reading_ends_the_value_before_it_and_the_pending_exceedance() -> None:
    patient = dataclasses.replace(LIMIT, hold_s=20)
    samples = [at(0, 120), at(16, None, Quality.BAD), at(50, 120)]
    # Known again from 65 s on: the exceedance that began at 15 s does not count.
    assert seconds(judge(patient, samples, 200)[1]) == [("open", 85.0)]


def test_silence_does_not_close_a_breach() -> None:
    state, transitions = judge(LIMIT, [at(0, 120)], 3600)
    assert seconds(transitions) == [("open", 20.0)]
    assert state.opened_ms == START_MS + 20_000


def test_a_sample_that_comes_late_counts_for_later_means_only() -> None:
    state, _ = judge(LIMIT, [at(0, 0), at(60, 90)], 80)
    state, transitions = step(LIMIT, state, [at(50, 300), at(55, 90)], START_MS + 81_000)
    assert transitions == []
    # 51 to 55 s at 300, the rest at 90.
    assert state.mean is not None
    assert state.mean == pytest.approx((4 * 300 + 26 * 90) / 30)


def test_samples_that_no_later_mean_needs_are_dropped() -> None:
    samples = [at(second, 50) for second in range(0, 3600, 5)]
    state, _ = judge(LIMIT, samples, 3600)
    assert len(state.samples) <= (MAX_GAP_MS / 1000 + 30) / 5 + 1


def test_the_pace_follows_the_shorter_of_window_and_hold() -> None:
    assert pace_ms(LIMIT) == 1000
    assert pace_ms(dataclasses.replace(LIMIT, window_s=900, hold_s=60)) == 15_000
    assert pace_ms(dataclasses.replace(LIMIT, window_s=900, hold_s=0)) == 60_000
