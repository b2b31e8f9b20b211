"""Energy is conserved: whatever happens to a meter and however its readings arrive, the booked quarter hours add up
to what it counted, on every store; and every earlier version can be read back."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.adapters.embedded.store import EmbeddedStore
from cloud.adapters.influx.server import InfluxAddress, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.energy_interval import EnergyInterval, Reason
from cloud.core.ports import TimeSeriesStore
from cloud.core.series import DAY_MS
from cloud.telemetry.interval import QUARTER_MS
from foundation.disk import SystemDisk
from tests.support.conserving_side import ConservingSide
from tests.support.influx import running_influxdb
from tests.support.manual_clock import ManualClock
from tests.support.meter_story import KEY, Story, stories
from tests.support.servers import require
from tests.support.sql_database import empty_sqlite

START_MS = (ManualClock().now_ms() - 30 * DAY_MS) // QUARTER_MS * QUARTER_MS
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


def tell_in_rounds(
    world: ConservingSide, seed: int, rounds: int, *, is_restarted: bool
) -> list[tuple[int, list[EnergyInterval]]]:
    """Readings in any order and some twice, rows and births at any time; what was booked after each round."""
    story, chance = world.story, random.Random(seed)
    registers = [chance.randrange(rounds) for _ in story.registers]
    rows = [chance.randrange(rounds) for _ in story.records]
    changes = [chance.randrange(rounds) for _ in story.changes]
    known = []
    for number in range(rounds):
        told = [place for place, at in enumerate(registers) if at == number or (at < number and chance.random() < 0.2)]
        chance.shuffle(told)
        is_last = number == rounds - 1
        world.tell(
            told,
            [row for row, at in zip(story.records, rows, strict=True) if at <= number],
            # Births come in their order.
            range(
                len(changes)
                if is_last
                else min([place for place, at in enumerate(changes) if at > number], default=len(changes))
            ),
        )
        if is_restarted:
            world.start()
        world.book()
        known.append((world.side.clock.now_ms(), world.booked()))
    return known


def check_conserved(world: ConservingSide) -> None:
    story, (start_ms, end_ms) = world.story, world.story.span
    total = world.services.intervals.total([KEY], start_ms, end_ms)[KEY]
    assert total.covered_ms == end_ms - start_ms
    assert total.delta == sum(one.delta for one in world.booked()) == story.energy
    assert all(one.delta >= 0 for one in world.booked())
    assert world.services.counters.unbooked() == {}


def check_versions(world: ConservingSide, known: list[tuple[int, list[EnergyInterval]]]) -> Counter[Reason]:
    """Every figure as it was known after each round; every version but the first has a reason."""
    for known_at_ms, booked in known:
        assert world.booked(known_at_ms) == booked
    versions = world.services.intervals.versions(KEY, *world.story.span)
    for earlier, later in pairwise(versions):
        if later.interval.start_ms == earlier.interval.start_ms:
            assert earlier.known_to_ms == later.known_from_ms
            assert later.reason is not Reason.FIRST
        else:
            assert earlier.known_to_ms is None
            assert later.reason is Reason.FIRST
    return Counter(one.reason for one in versions)


@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
@given(stories(START_MS), st.integers(0, 2**32), st.integers(1, 4), st.booleans())
def test_booked_energy_is_what_the_meter_counted(story: Story, seed: int, rounds: int, is_restarted: bool) -> None:
    world = ConservingSide(story)
    known = tell_in_rounds(world, seed, rounds, is_restarted=is_restarted)
    check_conserved(world)
    check_versions(world, known)


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(story=stories(START_MS, most_steps=8), seed=st.integers(0, 2**32))
def test_booked_energy_is_what_the_meter_counted_on_the_embedded_store_and_sql(story: Story, seed: int) -> None:
    with TemporaryDirectory() as name, ExitStack() as opened:
        store = opened.enter_context(closing(EmbeddedStore(Path(name) / "series.db", SystemDisk())))
        check_on(store, opened.enter_context(empty_sqlite(Path(name))), story, seed)


@settings(max_examples=5, deadline=None, suppress_health_check=QUIET)
@given(story=stories(START_MS, most_steps=8), seed=st.integers(0, 2**32))
def test_booked_energy_is_what_the_meter_counted_on_influxdb_and_sql(influx_url: str, story: Story, seed: int) -> None:
    with TemporaryDirectory() as name, ExitStack() as opened:
        engine = opened.enter_context(empty_sqlite(Path(name)))
        server = open_server(InfluxAddress("influx1", influx_url, f"test_{uuid.uuid4().hex}"))
        server.prepare()
        migrate(engine)
        check_on(InfluxStore(server, engine, lambda group, device: {}), engine, story, seed)


def check_on(store: TimeSeriesStore, engine: sa.Engine, story: Story, seed: int) -> None:
    """The same story told to a real store and booked in a real database."""
    migrate(engine)
    books = sql_ports(engine, ManualClock())
    world = ConservingSide(story, store, intervals=books.intervals)
    known = tell_in_rounds(world, seed, 2, is_restarted=True)
    check_conserved(world)
    check_versions(world, known)
