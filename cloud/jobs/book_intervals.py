"""Books what every counter grew by in each closed quarter hour, newest first, and again where readings came late.

Each round works on one span of every counter, so that weeks of history neither fill the memory nor hold up today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from cloud.core.energy_interval import Reason
from cloud.core.ports import RegisteredDevice
from cloud.core.series import SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.jobs.job import JobPlan, JobTools
from cloud.telemetry.booker import QuarterBooker
from cloud.telemetry.changed_spans import ChangedSpans, Span
from cloud.telemetry.interval import around, islands
from cloud.telemetry.register import registers_of
from device_profiles.catalogue import Catalogue

PERIOD_S = 30.0
BRIDGE_MS = 3_600_000
"""Registers up to an hour apart are joined at once."""

SETTLED_AFTER_MS = 900_000
"""A longer gap is joined by an estimate once it ended so long ago: until then an edge may send what is missing."""

WHOLE_LOOK_S = (60.0, 3_600.0)
"""Shortest and longest time between counts of the whole history; it doubles while nothing is found."""


class BookIntervals:
    """One round: look what has changed when it is time to, then book one changed span of every counter."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._booker = QuarterBooker(tools.services.intervals, WorkCalendar())
        self._series: dict[SeriesKey, ChangedSpans] = {}
        self._wraps: dict[SeriesKey, int | None] = {}
        self._pending: dict[SeriesKey, list[Span]] = {}
        self._next_look_s = self._next_whole_s = float("-inf")
        self._whole_wait_s = WHOLE_LOOK_S[0]

    def run(self) -> bool:
        now_s = self._services.clock.monotonic()
        if now_s >= self._next_look_s:
            self._look(now_s)
            self._next_look_s = now_s + PERIOD_S
        for key in list(self._pending):
            self._book(key, self._pending[key].pop())
            if not self._pending[key]:
                del self._pending[key]
        return bool(self._pending)

    def _look(self, now_s: float) -> None:
        now_ms, is_whole = self._services.clock.now_ms(), now_s >= self._next_whole_s
        self._wraps = dict(self._counters())
        fresh = [key for key in self._wraps if key not in self._series]
        self._series |= {key: ChangedSpans(self._services.store, key) for key in fresh}
        for key in self._wraps:
            self._series[key].look(now_ms, whole=is_whole or key in fresh)
        self._presume_complete(fresh, sorted({span for key in fresh for span in self._series[key].spans()}))
        changed = {key: self._series[key].changed() for key in self._wraps}
        if is_whole:
            found_old = any(spans and spans[0].end_ms < now_ms - 2 * BRIDGE_MS for spans in changed.values())
            shortest_s, longest_s = WHOLE_LOOK_S
            self._whole_wait_s = shortest_s if found_old else min(self._whole_wait_s * 2, longest_s)
            self._next_whole_s = now_s + self._whole_wait_s
        self._pending = {key: spans for key, spans in changed.items() if spans}

    def _counters(self) -> Iterator[tuple[SeriesKey, int | None]]:
        for device in self._services.registry.devices(self._tools.institution_ids()):
            for point in device.points:
                if point.kind == "counter":
                    key = SeriesKey(device.group, device.device, point.name)
                    yield key, wrap_of(device, point.name, self._tools.catalogue)

    def _presume_complete(self, keys: Sequence[SeriesKey], spans: Sequence[Span]) -> None:
        """After a restart: spans that are booked whole and measured need no second look. Halves what is not."""
        if not keys or not spans:
            return
        start_ms, end_ms = spans[0].start_ms, spans[-1].end_ms
        totals = self._services.intervals.total(keys, start_ms, end_ms)
        whole = {key for key, one in totals.items() if one.covered_ms == end_ms - start_ms and not one.estimated_ms}
        for key in whole:
            for span in spans:
                self._series[key].treated(span)
        rest = [key for key in totals if key not in whole]
        if len(spans) > 1:
            middle = len(spans) // 2
            self._presume_complete(rest, spans[:middle])
            self._presume_complete(rest, spans[middle:])

    def _book(self, key: SeriesKey, span: Span) -> None:
        changes = self._series[key]
        reach = changes.with_neighbours(span)
        samples = self._services.store.series(key, reach.start_ms, reach.end_ms)
        registers = around(registers_of(samples), span.start_ms, span.end_ms)
        now_ms = self._services.clock.now_ms()
        pieces = list(islands(registers, BRIDGE_MS, now_ms - SETTLED_AFTER_MS))
        for piece in pieces:
            self._booker.book(key, piece, self._wraps.get(key), now_ms, Reason.LATE_READING)
        if len(pieces) <= 1:
            changes.treated(span)


def wrap_of(device: RegisteredDevice, point_name: str, catalogue: Catalogue) -> int | None:
    """Value in base units at which the counter wraps, None when its profile does not tell.

    Nor does it for a point with ratios: those are set per installed device, at the edge.
    """
    try:
        point = catalogue.get(device.properties.get("profile", "")).point(point_name)
    except KeyError:
        return None
    if point.counter.wrap is None or point.ratio:
        return None
    wrap = point.display_unit.to_base(Decimal(point.counter.wrap) * point.scale)
    return int(wrap) if wrap == wrap.to_integral_value() else None


JOB = JobPlan(PERIOD_S, lambda tools: BookIntervals(tools).run)
