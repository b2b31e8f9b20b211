"""How much of what meters have told is not yet booked as interval energy."""

from __future__ import annotations

from cloud.core.ports import IntervalBook, TimeSeriesStore
from cloud.core.series import SeriesKey

DAY_MS = 86_400_000


def unbooked_ms(store: TimeSeriesStore, intervals: IntervalBook, key: SeriesKey, start_ms: int, end_ms: int) -> int:
    """Time of the days with readings that no current interval covers, within start <= time < end; 0 without readings.

    A day at either end may hold readings for a part of it only, so up to two days are no sign of a delay.
    """
    days = store.series(key, start_ms, end_ms, window_ms=DAY_MS, aggregate="count")
    told_ms = sum(min(one.measured_ms + DAY_MS, end_ms) - max(one.measured_ms, start_ms) for one in days)
    total = intervals.total([key], start_ms, end_ms).get(key)
    return max(told_ms - (total.covered_ms if total else 0), 0)
