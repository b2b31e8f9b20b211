"""Which spans of a series hold readings that nobody has worked on yet: new ones, and those that came late.

The store cannot say what arrived since yesterday, but it counts quickly. A span whose count differs from the one at
its last treatment is changed. The last two local days are cut by hours, all before by days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from cloud.core.ports import TimeSeriesStore
from cloud.core.series import DAY_MS, SeriesKey, window_start
from cloud.telemetry.quality import EARLIEST_MS

HOUR_MS = 3_600_000
NEIGHBOURS = 2


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """start <= time < end."""

    start_ms: int
    end_ms: int


class ChangedSpans:
    """Counts of one series: as the store has them now, and as they were when each span was treated."""

    def __init__(self, store: TimeSeriesStore, key: SeriesKey) -> None:
        self._store, self._key = store, key
        self._counts: dict[Span, int] = {}
        self._treated: dict[Span, int] = {}

    def look(self, now_ms: int, *, whole: bool) -> None:
        """Count the last two days, or with `whole` everything."""
        near_ms = window_start(now_ms, DAY_MS) - DAY_MS
        far = {span: count for span, count in self._counts.items() if span.end_ms - span.start_ms == DAY_MS}
        if whole:
            far = self._count(EARLIEST_MS, near_ms, DAY_MS)
        self._counts = far | self._count(near_ms, now_ms + HOUR_MS, HOUR_MS)
        self._treated = {span: count for span, count in self._treated.items() if span in self._counts}

    def changed(self) -> list[Span]:
        """Oldest first."""
        return sorted(span for span, count in self._counts.items() if self._treated.get(span) != count)

    def treated(self, span: Span) -> None:
        """The span was worked on as it was at the last look."""
        if span in self._counts:
            self._treated[span] = self._counts[span]

    def spans(self) -> list[Span]:
        """Every span with readings at the last look, oldest first."""
        return sorted(self._counts)

    def with_neighbours(self, span: Span, count: int = NEIGHBOURS) -> Span:
        """From the start of the second (or so many) span with readings below to the end of the second above."""
        spans = self.spans()
        low = max(bisect_left(spans, span) - count, 0)
        high = min(bisect_right(spans, span) + count, len(spans)) - 1
        if high < low:
            return span
        return Span(min(span.start_ms, spans[low].start_ms), max(span.end_ms, spans[high].end_ms))

    def _count(self, start_ms: int, end_ms: int, window_ms: int) -> dict[Span, int]:
        if start_ms >= end_ms:
            return {}
        windows = self._store.series(self._key, start_ms, end_ms, window_ms=window_ms, aggregate="count")
        return {
            Span(one.measured_ms, one.measured_ms + window_ms): int(one.value)
            for one in windows
            if isinstance(one.value, int | float)
        }
