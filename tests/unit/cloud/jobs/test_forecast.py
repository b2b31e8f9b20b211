"""The job makes a run a day and when the past has grown, says why there is none, and tells of coming breaches."""

from __future__ import annotations

import logging
import math
from datetime import timedelta
from itertools import pairwise

import pytest

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.series import Sample, SeriesKey
from cloud.energy.forecasting.context import Days
from cloud.energy.outlook import EXPECTED
from cloud.jobs.forecast import Forecast
from tests.support.energy_side import EnergySide, county_model, meter, quarters_of
from tests.support.meter_days import FIRST_DAY, office
from tests.support.thinking import GROUP, counter, device, gauge, peak_limit

ENERGY = SeriesKey(GROUP, "a-main", "Energy/Active/Total")
POWER = SeriesKey(GROUP, "a-main", "Power/Active/Total")
HOUR_S = 3600


class Bench:
    """Books days of the meter and lets the job work, at half past nine of the day after the last one."""

    def __init__(self) -> None:
        self.side = EnergySide(county_model(meter("a-main"), meter("a-lighting", "01A"), meter("a-water", "02")))
        self.start()

    def start(self) -> None:
        self.job = Forecast(self.side.tools)

    def book(self, days: Days) -> None:
        self.side.intervals.book(quarters_of(ENERGY, days), 0)
        self.side.clock.set_wall(day_start_ms(days.end_day) + 9 * 3_600_000 + 1_800_000)

    def work(self) -> None:
        while self.job.run():
            pass

    def look_again(self) -> None:
        self.side.clock.advance(10)
        self.work()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def part(days: Days, first: int, end: int) -> Days:
    return Days(days.first_day + timedelta(days=first), days.load_w[first:end])


def test_every_main_electricity_meter_gets_one_run_a_day(bench: Bench) -> None:
    bench.book(office(40))
    bench.work()
    [run] = bench.side.forecasts.made
    assert (run.key, run.method, run.history_days) == (POWER, "pooled_ridge", 40)
    assert run.history_end_ms == day_start_ms(FIRST_DAY + timedelta(days=40))
    assert run.points[0].start_ms == run.history_end_ms + 9 * 3_600_000
    assert len(run.points) == 39
    assert all(one.end_ms == after.start_ms for one, after in pairwise(run.points))
    for _ in range(5):
        bench.look_again()
    assert len(bench.side.forecasts.made) == 1
    bench.side.clock.advance(24 * HOUR_S)
    bench.work()
    assert len(bench.side.forecasts.made) == 2


def test_a_new_day_begins_ten_minutes_after_midnight(bench: Bench) -> None:
    bench.book(office(40))
    bench.work()
    bench.side.clock.set_wall(day_start_ms(FIRST_DAY + timedelta(days=41)) + 599_000)
    bench.work()
    assert len(bench.side.forecasts.made) == 1
    bench.side.clock.advance(2)
    bench.work()
    assert len(bench.side.forecasts.made) == 2


def test_a_restart_on_the_same_day_makes_no_second_run(bench: Bench) -> None:
    bench.book(office(40))
    bench.work()
    bench.start()
    bench.work()
    assert len(bench.side.forecasts.made) == 1


def test_an_import_is_forecast_while_it_grows_and_once_more_when_it_is_whole(bench: Bench) -> None:
    whole = office(56)
    bench.book(part(whole, 46, 56))
    bench.work()
    for first in (30, 28, 0):
        bench.book(part(whole, first, 56))
        bench.look_again()
    bench.look_again()
    assert [run.history_days for run in bench.side.forecasts.made] == [10, 26, 56]
    assert [run.method for run in bench.side.forecasts.made] == ["pooled", "pooled", "pooled_ridge"]


def test_too_little_past_is_said_once_and_not_forecast(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench.book(office(2))
    for _ in range(3):
        bench.look_again()
    assert not bench.side.forecasts.made
    assert [one.message for one in caplog.records].count(f"no forecast of {GROUP}/a-main: too_few_days") == 1


def test_a_meter_without_any_interval_is_left_alone_and_looked_for_often(bench: Bench) -> None:
    for _ in range(20):
        bench.look_again()
    assert not bench.side.forecasts.made
    bench.book(office(40))
    bench.look_again()
    assert len(bench.side.forecasts.made) == 1


def test_the_outdoor_sensor_of_the_compound_is_used(bench: Bench) -> None:
    days = office(40)
    station = SeriesKey(GROUP, "weather", "Temperature/Outdoor")
    bench.side.registry.known[GROUP, "weather"] = device("weather", "sensor", gauge(station.point, "°C"))
    asked = []

    def series(key: SeriesKey, start_ms: int, end_ms: int, **window: object) -> list[Sample]:
        asked.append((key, end_ms, window))
        first = day_start_ms(FIRST_DAY)
        return [Sample(first + hour * 3_600_000, 20 + 10 * math.sin(hour / 90)) for hour in range(960)]

    bench.side.store.series = series  # type: ignore[method-assign,assignment]
    bench.book(days)
    bench.work()
    assert asked == [(station, day_start_ms(days.end_day), {"window_ms": 3_600_000})]
    assert any(point.parts["temperature"] for point in bench.side.forecasts.made[0].points)


def test_a_coming_breach_is_told_once_for_each_day_it_is_expected(bench: Bench) -> None:
    bench.side.registry.known[GROUP, "a-main"] = device("a-main", "meter", gauge(POWER.point, "W"), counter("x", "Wh"))
    bench.side.thresholds.save(peak_limit(limit=60_000.0))
    bench.book(office(40))
    bench.work()
    bench.look_again()
    bench.start()
    bench.work()
    [event] = bench.side.log.events
    assert (event.kind, event.department, event.subject) == (EXPECTED, "energy", "device:a-main")
    assert event.data["is_likely"]
    assert local_day(event.data["start_ms"]) == FIRST_DAY + timedelta(days=40)
    assert event.data["mean"] > 60_000
    bench.side.clock.advance(24 * HOUR_S)
    bench.work()
    assert len(bench.side.log.events) == 2


def test_no_breach_is_foretold_where_the_limit_will_hold_or_is_switched_off(bench: Bench) -> None:
    bench.side.thresholds.save(peak_limit(limit=500_000.0))
    bench.side.thresholds.save(peak_limit(threshold_id="off", limit=1_000.0, enabled=False))
    bench.side.thresholds.save(peak_limit(threshold_id="other", limit=1_000.0, institution_id="school"))
    bench.book(office(40))
    bench.work()
    assert not bench.side.log.events
