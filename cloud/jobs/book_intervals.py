"""Books what every counter grew by in each closed quarter hour, newest first, and again where readings came late.

Each round works on one span of every counter, so that weeks of history neither fill the memory nor hold up today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from cloud.core.counter_break import CounterBreak, CounterNote, RegisterCorrection
from cloud.core.energy_interval import Reason
from cloud.core.ports import RegisteredDevice
from cloud.core.series import SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.jobs.job import JobPlan, JobTools
from cloud.telemetry.booker import QuarterBooker, parts_of, touched
from cloud.telemetry.changed_spans import HOUR_MS, NEIGHBOURS, ChangedSpans, Span
from cloud.telemetry.interval import around, islands
from cloud.telemetry.register import Register, registers_of, with_notes, within, wrap_over_ratios
from device_profiles.catalogue import Catalogue
from device_profiles.ratio import installed_ratio

PERIOD_S = 30.0
BRIDGE_MS = 3_600_000
"""Registers up to an hour apart are joined at once."""

SETTLED_AFTER_MS = 900_000
"""A longer gap is joined by an estimate once it ended so long ago: until then an edge may send what is missing."""

WHOLE_LOOK_S = (60.0, 3_600.0)
"""Shortest and longest time between counts of the whole history; it doubles while nothing is found."""


class BookIntervals:
    """One round: look what has changed when it is time to, book what notes change, then one span of every counter."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._booker = QuarterBooker(tools.services.intervals, WorkCalendar())
        self._series: dict[SeriesKey, ChangedSpans] = {}
        self._wraps: dict[SeriesKey, int | None] = {}
        self._notes: dict[SeriesKey, list[CounterNote]] = {}
        self._pending: dict[SeriesKey, list[Span]] = {}
        self._next_look_s = self._next_whole_s = float("-inf")
        self._whole_wait_s = WHOLE_LOOK_S[0]

    def run(self) -> bool:
        now_s = self._services.clock.monotonic()
        if now_s >= self._next_look_s:
            self._look(now_s)
            self._book_notes()
            self._next_look_s = now_s + PERIOD_S
        for key in list(self._pending):
            span = self._pending[key].pop()
            if self._book(key, self._registers(key, span), span, Reason.LATE_READING):
                self._series[key].treated(span)
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
        self._notes = defaultdict(list)
        for note in self._services.counters.notes():
            self._notes[note.key].append(note)

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

    def _book_notes(self) -> None:
        """Book again what notes that began or ended since have a part in; what waits for readings is tried again."""
        done = []
        for version, note in self._services.counters.unbooked().items():
            if note.key not in self._series:
                continue
            is_break = isinstance(note, CounterBreak)
            reason = Reason.COUNTER_BREAK if is_break else Reason.REGISTER_CORRECTED
            settled = True
            for part in parts_of(*note.span_ms):
                registers = self._registers(note.key, Span(*part))
                settled &= self._book(note.key, registers, Span(*touched(registers, *part)), reason)
            done += [version] if settled else []
        if done:
            self._services.counters.booked(done)

    def _registers(self, key: SeriesKey, span: Span) -> list[Register]:
        """What was read and noted of a counter within its span and the two spans with registers on either side."""
        changes, notes, count = self._series[key], self._notes.get(key, []), NEIGHBOURS
        while True:
            reach = changes.with_neighbours(span, count)
            samples = self._services.store.series(key, reach.start_ms, reach.end_ms)
            of_reach = within(notes, reach.start_ms, reach.end_ms)
            registers = with_notes(registers_of(samples), of_reach)
            is_read = not any(isinstance(one, RegisterCorrection) for one in of_reach)
            if is_read or reach == changes.with_neighbours(span, 2 * count):
                return registers
            # Spans of which every reading was declared void decide nothing.
            sides = [{one.at_ms // HOUR_MS for one in registers if is_side(one)} for is_side in _sides(span)]
            if all(len(hours) >= NEIGHBOURS for hours in sides):
                return registers
            count *= 2

    def _book(self, key: SeriesKey, registers: Sequence[Register], span: Span, reason: Reason) -> bool:
        """Book what registers of a span decide; False while a fresh gap waits for what an edge may still send."""
        now_ms, notes = self._services.clock.now_ms(), self._notes.get(key, [])
        decisive = around(registers, span.start_ms, span.end_ms)
        pieces = list(islands(decisive, BRIDGE_MS, now_ms - SETTLED_AFTER_MS))
        for piece in pieces:
            self._booker.book(key, piece, wrap_over_ratios(self._wraps.get(key), notes), now_ms, reason)
        return len(pieces) <= 1


def _sides(span: Span) -> tuple[Callable[[Register], bool], Callable[[Register], bool]]:
    return (lambda one: one.at_ms < span.start_ms), (lambda one: one.at_ms >= span.end_ms)


def wrap_of(device: RegisteredDevice, point_name: str, catalogue: Catalogue) -> int | None:
    """Value in base units at which the counter wraps as it is installed now, None when its profile does not tell."""
    ratio = installed_ratio(device.properties, point_name, catalogue)
    if ratio is None:
        return None
    point = catalogue.get(device.properties["profile"]).point(point_name)
    if point.counter.wrap is None:
        return None
    wrap = point.display_unit.to_base(Decimal(point.counter.wrap) * point.scale * ratio)
    return int(wrap) if wrap == wrap.to_integral_value() else None


JOB = JobPlan(PERIOD_S, lambda tools: BookIntervals(tools).run)
