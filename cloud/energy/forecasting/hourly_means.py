"""From booked intervals and temperature samples to the days that forecasts are made of; nothing is invented.

An hour counts when at least three quarters of it were measured. A straight line drawn over a longer silence of the
meter is no measurement: those hours stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from cloud.core.calendar import day_start_ms
from cloud.core.energy_interval import EnergyInterval
from cloud.core.series import Sample
from cloud.energy.forecasting.context import HOURS, Days, Floats
from cloud.energy.threshold import number_of

HOUR_MS = 3_600_000
LEAST_SHARE = 0.75
LONGEST_LINE_MS = 3 * HOUR_MS
"""Estimated intervals of equal growth in a row that last longer are a gap drawn as a line."""

_LIKELY_C = (-60.0, 60.0)


def days_of(
    intervals: Sequence[EnergyInterval], first_day: date, end_day: date, temperature: Sequence[Sample] = ()
) -> Days:
    """Local days from `first_day` until before `end_day`; intervals in Wh and time order, temperature in °C."""
    start_ms, hours = day_start_ms(first_day), (end_day - first_day).days * HOURS
    energy_wh, covered_ms = np.zeros(hours), np.zeros(hours)
    for interval in _measured(intervals):
        hour = (interval.start_ms - start_ms) // HOUR_MS
        if 0 <= hour < hours and interval.end_ms <= start_ms + (hour + 1) * HOUR_MS:
            energy_wh[hour] += interval.delta
            covered_ms[hour] += interval.end_ms - interval.start_ms
    known = covered_ms >= LEAST_SHARE * HOUR_MS
    load_w = np.where(known, energy_wh * HOUR_MS / np.maximum(covered_ms, 1), np.nan)
    return Days(first_day, load_w.reshape(-1, HOURS), _temperature(temperature, start_ms, hours))


def _measured(intervals: Sequence[EnergyInterval]) -> Iterator[EnergyInterval]:
    """Without the lines drawn over gaps. A register that stood still has grown by 0, however long nobody looked."""
    line: list[EnergyInterval] = []
    for interval in intervals:
        if not (line and _goes_on(line[-1], interval)):
            yield from _unless_long(line)
            line = []
        line.append(interval)
    yield from _unless_long(line)


def _goes_on(before: EnergyInterval, after: EnergyInterval) -> bool:
    is_line = before.is_estimated and after.is_estimated and before.end_ms == after.start_ms
    return is_line and abs(after.delta - before.delta) <= 1 and before.delta > 0


def _unless_long(line: Sequence[EnergyInterval]) -> Sequence[EnergyInterval]:
    is_long = bool(line) and line[0].is_estimated and line[-1].end_ms - line[0].start_ms > LONGEST_LINE_MS
    return [] if is_long and line[0].delta > 0 else line


def _temperature(samples: Sequence[Sample], start_ms: int, hours: int) -> Floats | None:
    """(days, 24), NaN where unknown; None when all is."""
    sums, counts = np.zeros(hours), np.zeros(hours)
    for sample in samples:
        value, hour = number_of(sample), (sample.measured_ms - start_ms) // HOUR_MS
        if value is not None and 0 <= hour < hours and _LIKELY_C[0] <= value <= _LIKELY_C[1]:
            sums[hour] += value
            counts[hour] += 1
    if not counts.any():
        return None
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(-1, HOURS)
