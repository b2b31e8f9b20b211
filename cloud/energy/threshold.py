"""Judges a series against a Threshold: time-weighted mean over a window, hold time, hysteresis. Pure.

A value holds until the next one, at most MAX_GAP_MS; a reading that is not GOOD ends the value before it. Judged at
whole multiples of `pace_ms`, so the outcome does not depend on how the samples were cut into batches.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cloud.core.series import Sample
from cloud.core.threshold import BreachState, Threshold
from gateway.messages import Quality

MAX_GAP_MS = 330_000
"""The edge repeats an unchanged value after at most 300 s; beyond this silence nothing is known."""

MIN_COVERED = 0.5
"""Share of the window that must be known before a mean is believed."""

LATE_AFTER_MS = 120_000
"""What is found longer than this after it happened may be recorded, but never commands."""

_PACE_BOUNDS_MS = (1_000, 60_000)


@dataclass(frozen=True, slots=True)
class ThresholdState:
    """Where the judgement stands: judged up to `evaluated_ms`, with the samples that later means still need.

    `mean` is the newest one, None when too little of the window is known. `opened_ms` is set while a breach is open.
    """

    evaluated_ms: int
    samples: tuple[Sample, ...] = ()
    mean: float | None = None
    above_since_ms: int | None = None
    opened_ms: int | None = None
    peak: float = 0.0


@dataclass(frozen=True, slots=True)
class Transition:
    """A breach opened or closed at `at_ms`; `peak` is the highest mean since the limit was exceeded."""

    state: BreachState
    at_ms: int
    mean: float
    peak: float


def pace_ms(threshold: Threshold) -> int:
    """Distance between judgements: a quarter of the shorter of window and hold, in whole seconds from 1 to 60."""
    shortest_s = min(threshold.window_s, threshold.hold_s or threshold.window_s)
    low, high = _PACE_BOUNDS_MS
    return min(max(int(shortest_s / 4) * 1000, low), high)


def reach_ms(threshold: Threshold) -> int:
    """How far back samples matter for a mean taken now."""
    return round(threshold.window_s * 1000) + MAX_GAP_MS


def step(
    threshold: Threshold, state: ThresholdState, samples: Iterable[Sample], until_ms: int
) -> tuple[ThresholdState, list[Transition]]:
    """Take in samples (any order, repeats allowed) and judge every instant after `evaluated_ms` up to `until_ms`.

    Samples older than `evaluated_ms` count for later means only; what was judged is not judged again.
    """
    merged = {sample.measured_ms: sample for sample in (*state.samples, *samples)}
    known = [merged[at_ms] for at_ms in sorted(merged)]
    times = sorted(merged)
    pace = pace_ms(threshold)
    transitions: list[Transition] = []
    for at_ms in range(state.evaluated_ms // pace * pace + pace, until_ms + 1, pace):
        mean = _mean_before(known, times, at_ms, threshold)
        state, transition = _judge(threshold, state, mean, at_ms)
        if transition is not None:
            transitions.append(transition)
    kept = known[bisect_left(times, state.evaluated_ms - reach_ms(threshold)) :]
    return replace(state, samples=tuple(kept)), transitions


def number_of(sample: Sample) -> float | None:
    """The sample's value when it is a GOOD finite number."""
    value = sample.value
    if sample.quality is not Quality.GOOD or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _mean_before(known: Sequence[Sample], times: Sequence[int], at_ms: int, threshold: Threshold) -> float | None:
    window_ms = round(threshold.window_s * 1000)
    start_ms = at_ms - window_ms
    area, covered, low, high = 0.0, 0, math.inf, -math.inf
    # The value that holds at the window's start began before it.
    for place in range(max(bisect_right(times, start_ms) - 1, 0), bisect_left(times, at_ms)):
        value = number_of(known[place])
        next_ms = times[place + 1] if place + 1 < len(times) else at_ms
        held_ms = min(next_ms, times[place] + MAX_GAP_MS, at_ms) - max(times[place], start_ms)
        if value is None or held_ms <= 0:
            continue
        area += value * held_ms
        covered += held_ms
        low, high = min(low, value), max(high, value)
    if covered < MIN_COVERED * window_ms:
        return None
    # Rounding must not lift a mean above the largest value it was taken of.
    return min(max(area / covered, low), high)


def _judge(
    threshold: Threshold, state: ThresholdState, mean: float | None, at_ms: int
) -> tuple[ThresholdState, Transition | None]:
    state = replace(state, evaluated_ms=at_ms, mean=mean)
    if mean is None:
        # Silence neither holds an exceedance nor ends a breach.
        return replace(state, above_since_ms=None), None
    if state.opened_ms is None:
        return _judge_without_breach(threshold, state, mean, at_ms)
    state = replace(state, peak=max(state.peak, mean))
    if mean >= threshold.limit - threshold.hysteresis:
        return state, None
    closed = Transition(BreachState.CLOSED, at_ms, mean, state.peak)
    return replace(state, opened_ms=None, above_since_ms=None, peak=0.0), closed


def _judge_without_breach(
    threshold: Threshold, state: ThresholdState, mean: float, at_ms: int
) -> tuple[ThresholdState, Transition | None]:
    if mean <= threshold.limit:
        return replace(state, above_since_ms=None, peak=0.0), None
    since_ms = at_ms if state.above_since_ms is None else state.above_since_ms
    peak = mean if state.above_since_ms is None else max(state.peak, mean)
    if at_ms - since_ms < threshold.hold_s * 1000:
        return replace(state, above_since_ms=since_ms, peak=peak), None
    opened = replace(state, above_since_ms=since_ms, opened_ms=at_ms, peak=peak)
    return opened, Transition(BreachState.OPEN, at_ms, mean, peak)
