"""The store is kept small without taking what is not booked, and without a figure changing for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.core.series import DAY_MS, SeriesKey, StreamRow
from cloud.core.store_upkeep import Upkeep
from cloud.jobs.book_intervals import BookIntervals
from cloud.jobs.job import JobTools
from cloud.jobs.keep_store import JOB, KeepStore
from foundation.disk import SystemDisk
from gateway.messages import Reading
from tests.support.thinking import GROUP, ThinkingSide, counter, device, gauge

STREAM = "7c1f6a3e-0d7f-4d3a-9d55-0a6a3a1f4b11"
ENERGY, POWER = "Energy/Active/Total", "Power/Active/Total"
DAYS, STEP_MS = 8, 300_000
RAW_DAYS, QUARTER_DAYS = 2, 5


class Side:
    """Eight days of a meter, a reading every five minutes, in a real store."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.store, self.side = store, ThinkingSide()
        self.side.registry.known[GROUP, "a-main"] = device("a-main", "meter", counter(ENERGY, "Wh"), gauge(POWER, "W"))
        now_ms = self.side.clock.now_ms()
        rows = [
            StreamRow(STREAM, number + 1, GROUP, "a-main", (Reading(ENERGY, number * 13, at), Reading(POWER, 9.0, at)))
            for number, at in enumerate(range(now_ms - DAYS * DAY_MS, now_ms, STEP_MS))
        ]
        store.write(rows)

    @property
    def tools(self) -> JobTools:
        upkeep = Upkeep(self.store, RAW_DAYS, QUARTER_DAYS)
        return replace(self.side.tools, services=replace(self.side.services, store=self.store, upkeep=upkeep))

    def keep(self) -> int:
        """Rounds of a job that begins anew until it rests."""
        tools, rounds = self.tools, 0
        assert tools.services.upkeep is not None
        job = KeepStore(tools, tools.services.upkeep)
        while job.run():
            rounds += 1
        return rounds

    def book(self) -> None:
        job = BookIntervals(self.tools)
        while job.run():
            pass

    def read(self, point: str) -> int:
        return len(self.store.series(SeriesKey(GROUP, "a-main", point), 0, 2**50))


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    with closing(EmbeddedStore(tmp_path / "series.db", SystemDisk())) as store:
        yield Side(store)


def test_old_days_are_thinned_and_condensed_and_young_ones_left(side: Side) -> None:
    side.book()
    before = side.store.counts()
    assert side.keep() > 0
    after = side.store.counts()
    assert after.stored + after.thinned == before.stored
    per_day, quarters = DAY_MS // STEP_MS, 96
    assert RAW_DAYS * per_day <= side.read(ENERGY) - (DAYS - RAW_DAYS - 1) * 2 * quarters <= (RAW_DAYS + 2) * per_day
    assert side.read(POWER) < (RAW_DAYS + 1) * per_day + (QUARTER_DAYS - RAW_DAYS + 1) * quarters + DAYS
    assert side.keep() == 0


def test_a_counter_that_is_not_booked_loses_nothing(side: Side) -> None:
    readings = side.read(ENERGY)
    side.keep()
    assert side.read(ENERGY) == readings
    assert side.store.counts().thinned > 0  # the gauge is


def test_booking_again_after_a_thinning_changes_no_figure(side: Side) -> None:
    side.book()
    before = dict(side.side.intervals.current)
    known = {key: dict(found) for key, found in before.items()}
    side.keep()
    side.book()
    assert {key: dict(found) for key, found in side.side.intervals.current.items()} == known


def test_without_upkeep_the_job_does_nothing(side: Side) -> None:
    tools = replace(side.tools, services=replace(side.tools.services, upkeep=None))
    assert not JOB.build(tools)()
