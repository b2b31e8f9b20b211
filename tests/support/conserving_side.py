"""A meter's story told to the cloud in rounds, and its energy booked by the jobs on any store and any books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from cloud.core.energy_interval import EnergyInterval
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import DAY_MS, StreamRow
from cloud.jobs.book_intervals import BookIntervals
from cloud.jobs.note_counters import NoteCounters
from cloud.records.record import Record, RecordImport
from gateway.messages import Reading
from tests.support.county_model import FakeRecordBook
from tests.support.meter_story import KEY, PROFILE, Story
from tests.support.thinking import ThinkingSide, counter, device

STREAM = "7c1f6a3e-0d7f-4d3a-9d55-0a6a3a1f4b10"


class RecordsWithImports(FakeRecordBook):
    """Rows that everybody entered by hand."""

    def imports(self, institution_ids: object, *, limit: int = 100) -> list[RecordImport]:
        return []


class ConservingSide:
    """One meter of one story. `tell` delivers readings and rows, `book` lets the jobs work until they rest."""

    def __init__(self, story: Story, store: TimeSeriesStore | None = None, **books: Any) -> None:
        self.story, self.side = story, ThinkingSide()
        self.store: TimeSeriesStore = store if store is not None else self.side.store
        self.records = RecordsWithImports()
        services = replace(self.side.services, store=self.store, records=cast(Any, self.records), **books)
        self.services, self.tools = services, replace(self.side.tools, services=services)
        self.side.clock.advance((story.span[1] + DAY_MS - self.side.clock.now_ms()) / 1000)
        self.side.registry.known[KEY.group, KEY.device] = device(
            KEY.device, "meter", counter(KEY.point, "Wh"), profile=PROFILE, param_ct=str(story.ratio), param_pt="1"
        )
        self.start()

    def start(self) -> None:
        """The jobs begin anew, as after a restart."""
        self.notes, self.job = NoteCounters(self.tools), BookIntervals(self.tools)

    def tell(self, registers: Sequence[int], rows: Sequence[Record] = (), changes: Sequence[int] = ()) -> None:
        """Deliver registers by their number, one stream row each; told again they change nothing."""
        readings = [(number, *self.story.registers[number]) for number in registers]
        self.store.write(
            [
                StreamRow(STREAM, number + 1, KEY.group, KEY.device, (Reading(KEY.point, value, at_ms),))
                for number, at_ms, value in readings
            ]
        )
        self.records.rows += [row for row in rows if row not in self.records.rows]
        known = {one.at_ms for one in self.side.counters.changes}
        told = [self.story.changes[number] for number in changes if self.story.changes[number].at_ms not in known]
        self.side.counters.changes = sorted([*self.side.counters.changes, *told], key=lambda one: one.at_ms)

    def book(self) -> None:
        # Long enough for a count of the whole history, twice: what was found is booked, then nothing more is found.
        for _ in range(2):
            self.side.clock.advance(3_700)
            self.notes.run()
            while self.job.run():
                pass

    def booked(self, known_at_ms: int | None = None) -> list[EnergyInterval]:
        return self.services.intervals.between(KEY, *self.story.span, known_at_ms)
