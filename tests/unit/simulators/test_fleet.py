"""Vehicles as OwnTracks publishes them."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest

from simulators.compound import load_compound
from simulators.fleet import M_PER_DEGREE, Fleet
from simulators.publisher import Message
from tests.support.manual_clock import ManualClock

COMPOUND = load_compound()
FENCE = COMPOUND.geofence


class _Drive:
    def __init__(self) -> None:
        self.clock, self.sent = ManualClock(now_ms=1_795_400_000_000), list[Message]()
        self.fleet = Fleet(COMPOUND.vehicles, FENCE, self.sent.append, self.clock)

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.clock.advance(0.5)
            self.fleet.tick()

    def reports(self, vehicle: str, folder: str = "") -> list[Any]:
        topic = f"owntracks/fleet/{vehicle}{folder}"
        return [json.loads(message.payload) for message in self.sent if message.topic == topic]


def _metres(one: Any, other: Any) -> float:
    east = (other["lon"] - one["lon"]) * M_PER_DEGREE * math.cos(math.radians(FENCE.lat))
    return math.hypot(east, (other["lat"] - one["lat"]) * M_PER_DEGREE)


def _from_gate(report: Any) -> float:
    return _metres({"lat": FENCE.lat, "lon": FENCE.lon}, report)


def test_vehicles_on_their_loops_stay_inside_and_move_as_fast_as_they_say() -> None:
    drive = _Drive()
    drive.pass_s(900)
    for vehicle in COMPOUND.vehicles:
        reports = drive.reports(vehicle.id)
        assert max(_from_gate(report) for report in reports) < FENCE.radius_m
        assert all(report["inregions"] == [FENCE.id] for report in reports)
        for before, after in pairwise(reports[1:]):
            reachable = after["vel"] / 3.6 * (after["tst"] - before["tst"]) + 3
            assert _metres(before, after) <= reachable
        assert drive.reports(vehicle.id, "/event") == []
        assert max(report["vel"] for report in reports) <= max(vehicle.cruise_kmh, 0.5)


def test_moving_vehicles_report_every_three_seconds_with_a_growing_odometer() -> None:
    drive = _Drive()
    drive.pass_s(300)
    reports = drive.reports("car-01")
    assert {after["tst"] - before["tst"] for before, after in pairwise(reports)} == {3}
    odometers = [report["odometer"] for report in reports]
    assert odometers == sorted(odometers)
    assert odometers[-1] - odometers[0] == pytest.approx(300 * 38 / 3600, rel=0.35)
    assert {report["_type"] for report in reports} == {"location"}


def test_a_parked_vehicle_reports_seldom_and_stands_still() -> None:
    drive = _Drive()
    drive.pass_s(120)
    reports = drive.reports("car-07")
    assert 9 <= len(reports) <= 11
    assert {(report["lat"], report["lon"], report["vel"]) for report in reports} == {
        (reports[0]["lat"], reports[0]["lon"], 0)
    }


def test_the_demonstration_car_leaves_within_half_a_minute_and_comes_back() -> None:
    drive = _Drive()
    drive.pass_s(60)
    drive.fleet.leave_area("car-03", 75)
    drive.pass_s(30)
    left = drive.reports("car-03", "/event")
    assert [event["event"] for event in left] == ["leave"]
    assert left[0]["desc"] == FENCE.id
    assert drive.reports("car-03")[-1]["inregions"] == []
    assert _from_gate(drive.reports("car-03")[-1]) > FENCE.radius_m
    drive.pass_s(200)
    assert [event["event"] for event in drive.reports("car-03", "/event")] == ["leave", "enter"]


def test_even_a_parked_vehicle_leaves_and_finds_its_place_again() -> None:
    drive = _Drive()
    drive.pass_s(15)
    home = drive.reports("car-08")[0]
    drive.fleet.leave_area("car-08", 150)
    drive.pass_s(700)
    assert [event["event"] for event in drive.reports("car-08", "/event")] == ["leave", "enter"]
    assert _metres(home, drive.reports("car-08")[-1]) < 1


def test_a_hurrying_vehicle_shows_its_speed_only_for_a_while() -> None:
    drive = _Drive()
    drive.fleet.speed("car-05", 96, 30)
    drive.pass_s(27)
    assert max(report["vel"] for report in drive.reports("car-05")) == 96
    drive.sent.clear()
    drive.pass_s(60)
    assert max(report["vel"] for report in drive.reports("car-05")[4:]) <= 42


def test_odometers_survive_a_restart_and_never_fall_back() -> None:
    drive, again = _Drive(), _Drive()
    drive.pass_s(300)
    again.fleet.restore(drive.fleet.state() | {"car-02": 0.0})
    assert again.fleet.state()["car-01"] == drive.fleet.state()["car-01"]
    assert again.fleet.state()["car-02"] == COMPOUND.vehicles[1].odometer_km
