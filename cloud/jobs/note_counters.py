"""Keeps the notes of counters in line with what people have entered and with what births say of changed ratios.

Booking interval energy takes the notes into account, and books again what they change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from cloud.core.counter_break import BreakKind, CounterBreak, CounterNote, ParamChange, RegisterCorrection
from cloud.core.ports import RegisteredDevice
from cloud.core.series import DAY_MS, SeriesKey
from cloud.energy.counter_notes import KINDS, noted
from cloud.jobs.job import JobPlan, JobTools
from cloud.records.record import Record
from cloud.telemetry.ratio_change import MARGIN_MS, RatioChange, ratio_break
from cloud.telemetry.register import Register, registers_of, with_notes, within
from device_profiles.ratio import installed_ratio, with_params

PERIOD_S = 30.0
MOST_IMPORTS = 1000
BIRTH = "birth"
"""Who notes a changed ratio."""


class NoteCounters:
    """One round: every row and every birth that says something else than at the last round is noted."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._noted: dict[str, list[CounterNote]] = {}
        self._searched: dict[str, tuple[int, list[CounterNote]]] = {}

    def run(self) -> bool:
        scope = self._tools.institution_ids()
        devices = self._services.registry.devices(scope)
        changes = self._services.counters.param_changes()
        for kind in KINDS:
            self._note_rows(self._services.records.records(scope, kind), scope, devices, changes)
        notes = self._services.counters.notes() if changes else []
        for device in devices:
            mine = [one for one in changes if (one.group, one.device) == (device.group, device.device)]
            for place, change in enumerate(mine):
                since_ms = max(change.since_ms, mine[place - 1].at_ms if place else 0) - MARGIN_MS
                for source, one in self._ratio_changes(device, change, since_ms):
                    self._follow(source, one, [note for note in notes if note.key == one.key])
        return False

    def _note_rows(
        self,
        rows: Sequence[Record],
        scope: Sequence[str],
        devices: Sequence[RegisteredDevice],
        changes: Sequence[ParamChange],
    ) -> None:
        said = [(_source(row), noted(row, devices, changes, self._tools.catalogue), row.import_id) for row in rows]
        news = [one for one in said if self._noted.get(one[0]) != one[1]]
        people = self._people(scope) if news else {}
        for source, notes, import_id in news:
            self._note(source, notes, people.get(import_id, import_id))

    def _people(self, scope: Sequence[str]) -> Mapping[str, str]:
        imports = self._services.records.imports(scope, limit=MOST_IMPORTS)
        return {one.import_id: one.imported_by for one in imports}

    def _note(self, source: str, notes: list[CounterNote], by: str) -> None:
        self._services.counters.note(source, notes, by, self._services.clock.now_ms())
        self._noted[source] = notes

    def _ratio_changes(
        self, device: RegisteredDevice, change: ParamChange, since_ms: int
    ) -> Iterator[tuple[str, RatioChange]]:
        """A change of parameters for each counter that they multiply, with the source of its note."""
        for point in device.points:
            before, after = (
                installed_ratio({**device.properties, **with_params(params)}, point.name, self._tools.catalogue)
                for params in (change.before, change.after)
            )
            if point.kind == "counter" and before and after and before != after:
                key = SeriesKey(device.group, device.device, point.name)
                source = f"{BIRTH}:{device.group}/{device.device}/{point.name}:{change.at_ms}"
                factor = Fraction(after) / Fraction(before)
                yield source, RatioChange(key, since_ms, change.at_ms + MARGIN_MS, factor)

    def _follow(self, source: str, change: RatioChange, notes: list[CounterNote]) -> None:
        """Search the jump again whenever other readings or notes may show it elsewhere."""
        span = (change.start_ms - DAY_MS, change.end_ms + DAY_MS)
        days = self._services.store.series(change.key, *span, window_ms=DAY_MS, aggregate="count")
        state = (sum(int(one.value) for one in days if isinstance(one.value, int | float)), notes)
        if self._searched.get(source) == state:
            return
        breaks = [one for one in notes if isinstance(one, CounterBreak)]
        exchanged = [one.at_ms for one in breaks if one.kind is not BreakKind.RATIO]
        found, last = list[CounterBreak](), list[Register]()
        # Day by day, each from the last register before it, so that months fill no memory.
        for day in days:
            registers = self._registers(change.key, day.measured_ms, notes)
            one = ratio_break(change, [*last, *registers], exchanged)
            found += [one] if one else []
            last = registers[-1:] or last
        best = max(found, key=lambda one: abs(one.initial - (one.final or 0)), default=None)
        if self._noted.get(source) != ([best] if best else []):
            self._note(source, [best] if best else [], BIRTH)
        self._searched[source] = state

    def _registers(self, key: SeriesKey, day_ms: int, notes: Sequence[CounterNote]) -> list[Register]:
        """What was read on a day, corrected, with the registers that a changed ratio was once found by."""
        end_ms = day_ms + DAY_MS
        read = registers_of(self._services.store.series(key, day_ms, end_ms))
        remembered = [
            Register(one.at_ms - 1, one.final)
            for one in notes
            if isinstance(one, CounterBreak) and one.kind is BreakKind.RATIO and one.final is not None
        ]
        times = {one.at_ms for one in read}
        read += [one for one in remembered if day_ms <= one.at_ms < end_ms and one.at_ms not in times]
        corrections = [one for one in notes if isinstance(one, RegisterCorrection)]
        return with_notes(sorted(read, key=lambda one: one.at_ms), within(corrections, day_ms, end_ms))


def _source(row: Record) -> str:
    return f"{row.kind}:{row.institution_id}:{row.record_id}"


JOB = JobPlan(PERIOD_S, lambda tools: NoteCounters(tools).run)
