"""What reaches the boards of Grafana, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cloud.core.energy_interval import EnergyInterval
from cloud.core.ports import BoardPoint
from cloud.jobs.feed_boards import DAY_MS, LONGEST_DAYS, FeedBoards
from cloud.jobs.job import JobTools
from device_profiles.catalogue import Catalogue
from gateway.messages import DeviceBirth, PointBirth
from tests.support.cloud_world import World, cloud_world

GROUP, METER, COUNTER = "county", "a-main", "Energy/Active/Import"
QUARTER_MS = 900_000


class KeepsBoards:
    def __init__(self) -> None:
        self.points: list[BoardPoint] = []

    def publish(self, points: Sequence[BoardPoint]) -> None:
        self.points += points

    def taken(self) -> list[tuple[int, int | float | str]]:
        """Time and energy of what came since the last call."""
        new, self.points = self.points, []
        return [(one.at_ms, one.fields["delta"]) for one in new if one.measurement == "energy_interval"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        birth = DeviceBirth(METER, {"building": "building-a"}, (PointBirth(COUNTER, "int", "Wh", "counter"),))
        made.services.registry.device_born(GROUP, "edge-1", birth, made.clock.now_ms())
        yield made


def interval(at_ms: int, delta: int, device: str = METER) -> EnergyInterval:
    return EnergyInterval(GROUP, device, COUNTER, at_ms, at_ms + QUARTER_MS, delta)


def test_energy_that_is_booked_late_reaches_the_boards_however_old_it_is(world: World) -> None:
    boards, book = KeepsBoards(), world.services.intervals
    job = FeedBoards(JobTools(world.services, world.services.departments, Catalogue([])), boards)
    now_ms = world.clock.now_ms() // QUARTER_MS * QUARTER_MS
    old_ms = now_ms - 60 * DAY_MS
    job.run()
    assert boards.taken()
    book.book([interval(now_ms, 1)], 1)
    job.run()
    assert boards.taken() == [(now_ms, 1)]
    too_old = interval(now_ms - (LONGEST_DAYS + 1) * DAY_MS, 9)
    book.book([interval(old_ms, 2), too_old, interval(old_ms, 5, "unknown")], 2)
    job.run()
    assert boards.taken() == [(old_ms, 2)]
    book.book([interval(old_ms, 3)], 3)
    job.run()
    assert boards.taken() == [(old_ms, 3)]
    job.run()
    assert boards.taken() == []
