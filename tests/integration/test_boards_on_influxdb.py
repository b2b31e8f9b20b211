"""Every query of every board answers with figures, on a real InfluxDB that the cloud has written."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.influx.board_feed import InfluxBoardFeed
from cloud.adapters.influx.server import InfluxAddress, InfluxServer, Series, open_server
from cloud.adapters.influx.store import InfluxStore
from cloud.adapters.sql.database import migrate, open_database
from cloud.adapters.stores import TagsOfBirths
from cloud.core.energy_interval import EnergyInterval
from cloud.core.event import Event, Severity
from cloud.core.series import SeriesKey, StreamRow
from cloud.core.threshold import Threshold
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.jobs.feed_boards import FeedBoards
from cloud.jobs.job import JobTools
from dashboards.board import Board
from dashboards.build import BOARDS
from dashboards.target import EVENTS, QUARTERS, RAW
from device_profiles.catalogue import load_catalogue
from gateway.messages import DeviceBirth, PointBirth, Reading
from tests.support.cloud_world import ENERGY, POWER, World, cloud_world
from tests.support.influx import running_influxdb
from tests.support.servers import require

GROUP, BUILDING = "county", "building-a"
QUARTER_MS, HOUR_MS = 900_000, 3_600_000
STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d77"
DEVICES = {
    "a-main": ("01", (POWER, "Current/L1", "Current/L2", "Current/L3")),
    "a-hvac": ("01B", (POWER,)),
    "a-water": ("02", ("Volume/Positive",)),
    "weather": ("", ("Temperature/Outdoor",)),
}
COUNTERS = {"a-main": ENERGY, "a-water": "Volume/Positive"}

Servers = dict[str, InfluxServer]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        found = {name: open_server(InfluxAddress("influx1", url, name)) for name in (RAW, QUARTERS, EVENTS)}
        for server in found.values():
            server.prepare()
        with cloud_world(tmp_path_factory.mktemp("world")) as world:
            _live_a_day(world, found, tmp_path_factory.mktemp("sql"))
        yield found


def test_forecast_and_limit_reach_the_boards_as_they_stand_in_the_books(servers: Servers) -> None:
    [forecast] = servers[QUARTERS].query(
        'SELECT "mean", "low", "high" FROM "forecast" WHERE "building" = \'building-a\''
    )
    assert [row[1:] for row in forecast.values] == [[900 + hour, 800, 1000] for hour in range(24)]
    [limit] = servers[QUARTERS].query('SELECT last("limit") FROM "threshold" WHERE "threshold" = \'limit\'')
    assert limit.values[0][1] == 95_000


def test_restricted_events_stay_out_of_the_boards(servers: Servers) -> None:
    [events] = servers[EVENTS].query('SELECT "id" FROM "event"')
    assert "secret" not in {row[1] for row in events.values}
    assert {"open-0", "open-1"} <= {row[1] for row in events.values}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: str(board.uid))
def test_every_query_of_every_board_answers_with_figures(servers: Servers, board: Board) -> None:
    asked = 0
    for panel in board.build("en").panels:
        for target in panel.targets:
            content = target.to_json()
            series = servers[content["datasource"]["uid"]].query(_expanded(content["query"]))
            assert any(_figures(one) for one in series), content["query"]
            asked += 1
    assert asked > 6


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: str(board.uid))
def test_every_choice_of_every_board_has_something_to_choose(servers: Servers, board: Board) -> None:
    for variable in board.variables:
        values = {row[1] for series in servers[RAW].query(_expanded(variable.query)) for row in series.values}
        assert values == {{"group": GROUP, "building": BUILDING}[variable.name]}


def _live_a_day(world: World, servers: Servers, folder: Path) -> None:
    """What a day leaves behind: births, readings through the store, booked energy, a forecast, a limit, events."""
    services, now_ms = world.services, world.clock.now_ms()
    for name, (sub_item, points) in DEVICES.items():
        properties = {"building": BUILDING, "sub_item": sub_item} if sub_item else {}
        births = [PointBirth(point, "float", "W") for point in points]
        births += [PointBirth(COUNTERS[name], "int", "Wh", "counter")] if name in COUNTERS else []
        services.registry.device_born(GROUP, "edge-1", DeviceBirth(name, properties, tuple(births)), now_ms)
    engine = open_database(f"sqlite:///{folder / 'cloud.db'}")
    migrate(engine)
    store = InfluxStore(servers[RAW], engine, TagsOfBirths(services.registry))
    store.write(list(_rows(now_ms)))
    key = SeriesKey(GROUP, "a-main", POWER)
    for device, counter in COUNTERS.items():
        services.intervals.book(_day_of_energy(device, counter, now_ms), now_ms)
    services.energy.forecasts.save(_run(key, now_ms))
    services.thresholds.save(
        Threshold("limit", "office", "limit", GROUP, "a-main", POWER, 95_000.0, 5_000.0, 60.0, 10.0)
    )
    events = [_event(f"open-{number}", now_ms) for number in range(2)]
    services.event_log.append([*events, dataclasses.replace(_event("secret", now_ms), is_restricted=True)])
    job = FeedBoards(_tools(world), InfluxBoardFeed(servers[QUARTERS], servers[EVENTS]))
    while job.run():
        pass
    engine.dispose()


def _tools(world: World) -> JobTools:
    return JobTools(world.services, world.services.departments, load_catalogue())


def _rows(now_ms: int) -> Iterator[StreamRow]:
    spool = 0
    for hour in range(24):
        for name, (_, points) in DEVICES.items():
            spool += 1
            at_ms = now_ms - (24 - hour) * HOUR_MS + 1
            readings = tuple(Reading(point, 100.0 + hour, at_ms) for point in points if point not in COUNTERS.values())
            yield StreamRow(STREAM, spool, GROUP, name, readings)


def _day_of_energy(device: str, counter: str, now_ms: int) -> list[EnergyInterval]:
    first_ms = (now_ms // QUARTER_MS - 200) * QUARTER_MS
    return [
        EnergyInterval(GROUP, device, counter, at_ms, at_ms + QUARTER_MS, 250)
        for at_ms in range(first_ms, first_ms + 96 * QUARTER_MS, QUARTER_MS)
    ]


def _run(key: SeriesKey, now_ms: int) -> ForecastRun:
    first_ms = now_ms // HOUR_MS * HOUR_MS - 12 * HOUR_MS
    points = tuple(
        ForecastPoint(first_ms + hour * HOUR_MS, first_ms + (hour + 1) * HOUR_MS, 900.0 + hour, 800.0, 1000.0)
        for hour in range(24)
    )
    return ForecastRun("run-1", "office", key, now_ms, "ridge", 56, points, BackTest(28, 0.1, 0.2, 0.9))


def _event(event_id: str, now_ms: int) -> Event:
    return Event(event_id, "office", "energy.test", "energy", Severity.YELLOW, "building:building-a", now_ms, now_ms)


def _expanded(query: str) -> str:
    """What Grafana makes of the macros for a span that holds the whole day."""
    span = "time >= 1789000000000ms and time <= 1791000000000ms"
    words = {"$timeFilter": span, "$__interval": "10m", "$group": GROUP, "$building": BUILDING}
    for macro, text in words.items():
        query = query.replace(macro, text)
    return query


def _figures(series: Series) -> bool:
    figures: list[Any] = [one for row in series.values for one in row[1:] if isinstance(one, int | float)]
    return bool(figures) and all(math.isfinite(one) for one in figures)
