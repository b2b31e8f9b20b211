"""Pure arithmetic on series for the charts: an even grid, a sum of buildings, a moving mean.

An edge sends a value only when it changed or after a maximal silence, so between two samples the older one holds, as
it does where thresholds are judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from cloud.core.series import Sample
from cloud.energy.threshold import MAX_GAP_MS, MIN_COVERED, number_of

Curve = list[tuple[int, float | None]]
"""(UTC ms, value in base units); None is a gap."""


def number(sample: Sample | None) -> float | None:
    """The good number of a sample; None for a bad one, a text or nothing."""
    return number_of(sample) if sample is not None else None


def on_grid(
    samples: Sequence[Sample],
    start_ms: int,
    end_ms: int,
    step_ms: int,
    *,
    valid_until_ms: int | None = None,
) -> Curve:
    """The value that holds at each step of start <= t <= end; a gap where the last one is too old or bad.

    Nothing holds after `valid_until_ms`, the time at which the device was lost.
    """
    curve: Curve = []
    place, held = 0, None
    for at_ms in range(start_ms, end_ms + 1, step_ms):
        while place < len(samples) and samples[place].measured_ms <= at_ms:
            held, place = samples[place], place + 1
        holds = held is not None and at_ms - held.measured_ms <= MAX_GAP_MS
        lost = valid_until_ms is not None and at_ms > valid_until_ms
        curve.append((at_ms, number(held) if holds and not lost else None))
    return curve


def joined(samples: Sequence[Sample], gap_ms: int, *, valid_until_ms: int | None = None) -> Curve:
    """The samples themselves, joined by lines; a gap where two are further apart than `gap_ms`, at a bad one, and
    after `valid_until_ms`."""
    curve: Curve = []
    for sample in samples:
        if curve and sample.measured_ms - curve[-1][0] > gap_ms:
            curve.append((curve[-1][0] + 1, None))
        lost = valid_until_ms is not None and sample.measured_ms > valid_until_ms
        curve.append((sample.measured_ms, None if lost else number(sample)))
    return curve


def total(curves: Sequence[Curve]) -> Curve:
    """Sum of curves on one grid; a gap wherever one of them has a gap, for half a sum would look like a fall."""
    if not curves:
        return []
    summed: Curve = []
    for steps in zip(*curves, strict=True):
        values = [value for _, value in steps if value is not None]
        summed.append((steps[0][0], sum(values) if len(values) == len(steps) else None))
    return summed


def moving_mean(curve: Curve, window_ms: int) -> Curve:
    """Mean over the window that ends at each point of an even grid; a gap where less than half of it is known."""
    if len(curve) < 2:
        return [(at_ms, None) for at_ms, _ in curve]
    step_ms = curve[1][0] - curve[0][0]
    width = max(1, window_ms // step_ms)
    means: Curve = []
    for place, (at_ms, _) in enumerate(curve):
        known = [value for _, value in curve[max(0, place + 1 - width) : place + 1] if value is not None]
        means.append((at_ms, sum(known) / len(known) if len(known) >= MIN_COVERED * width else None))
    return means


def mean_between(samples: Sequence[Sample], start_ms: int, end_ms: int) -> float | None:
    """Time-weighted mean of the good values over start..end; None when they do not cover half of it."""
    good = [(sample.measured_ms, value) for sample in samples if (value := number(sample)) is not None]
    ends = [*good, (end_ms, 0.0)]
    area, covered = 0.0, 0
    for (at_ms, value), (next_ms, _) in pairwise(ends):
        low, high = max(at_ms, start_ms), min(next_ms, end_ms, at_ms + MAX_GAP_MS)
        if high > low:
            area, covered = area + value * (high - low), covered + high - low
    return area / covered if covered > 0 and covered >= MIN_COVERED * (end_ms - start_ms) else None
