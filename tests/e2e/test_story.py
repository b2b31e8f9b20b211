"""The whole loop between the two centres, from water that runs at night to the month's report, told through the doors.

Real jobs, databases, desks and routes; only time is in the test's hands. The same for a car driven out of hours, which
concerns a person and stays with those who answer for it.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.api.app import API, create_api
from cloud.core.access import Role
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import Vehicle
from cloud.core.series import SeriesKey, StreamRow
from cloud.jobs.job import Job
from cloud.jobs.plan import build_jobs
from gateway.messages import DeviceBirth, PointBirth, Reading
from tests.support.cloud_world import World, cloud_world
from tests.support.county_model import GROUP, NAMES, OFFICE, county_model

QUARTER_MS, HOUR_MS, DAY_S = 900_000, 3_600_000, 86_400
VOLUME, ENERGY, SPEED = "Volume/Positive", "Energy/Active/Import", "Speed"
LEAK_L_H = 240
STREAM = "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d55"
CAR = "car-01"
FEW_ROUNDS, MANY_ROUNDS = 5, 60


@dataclass
class Office:
    """The office's doors, its jobs, and its meters."""

    world: World
    client: httpx.AsyncClient
    runner: asyncio.Runner
    jobs: dict[str, Job]

    def go_on(self, seconds: float = 0.0) -> None:
        """Let time pass and every job have its turns until none has more to do."""
        self.world.clock.advance(seconds)
        for number in range(MANY_ROUNDS):
            self.world.clock.advance(1)
            have_more = [job.run() for job in self.jobs.values()]
            # What one job makes, another takes up in its next turn.
            if number >= FEW_ROUNDS and not any(have_more):
                break

    def ask(self, who: str, method: str, path: str, **body: Any) -> Any:
        """The answer of a route to somebody; a refusal fails the test."""
        answer = self.reply(who, method, path, **body)
        assert answer.is_success, f"{who} {method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.headers["content-type"].endswith("json") else answer.content

    def reply(self, who: str, method: str, path: str, **body: Any) -> Any:
        role, _, department = who.partition(":")
        token = self.world.token(Role(role), scope=(OFFICE,), department=department or None, name=who)
        headers = {"Authorization": f"Bearer {token}"}
        return self.request(method, path, headers=headers, json=body or None)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.runner.run(self.client.request(method, API + path, **options))

    def book(self, device: str, point: str, days: list[date], per_hour: dict[int, int]) -> None:
        """Quarter hours of these local days; `per_hour` by local hour in base units."""
        quarters = [
            EnergyInterval(GROUP, device, point, start, start + QUARTER_MS, per_hour[hour] // 4)
            for day in days
            for hour in range(24)
            for start in range(day_start_ms(day) + hour * HOUR_MS, day_start_ms(day) + (hour + 1) * HOUR_MS, QUARTER_MS)
        ]
        self.world.services.intervals.book(quarters, self.world.clock.now_ms())

    @property
    def today(self) -> date:
        return local_day(self.world.clock.now_ms())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with cloud_world(tmp_path) as world:
        model = county_model()
        institution = replace(model.institution, superior_id="city")
        car = Vehicle(vehicle_id=CAR, name=NAMES, energy="petrol", device_id=CAR, department_id="vehicle")
        world.services.institutions.save(replace(model, institution=institution, vehicles=(car,)))
        births = {
            "b-water": ("meter", PointBirth(VOLUME, "int", "L", "counter")),
            "b-main": ("meter", PointBirth(ENERGY, "int", "Wh", "counter")),
            CAR: ("vehicle", PointBirth(SPEED, "float", "km/h")),
        }
        for name, (role, point) in births.items():
            birth = DeviceBirth(name, {"role": role, "department": "energy"}, (point,))
            world.services.registry.device_born(GROUP, "edge-1", birth, world.clock.now_ms())
        application = httpx.ASGITransport(create_api(world.services))
        with asyncio.Runner() as runner:
            client = httpx.AsyncClient(transport=application, base_url="http://cloud.test")
            yield Office(world, client, runner, {job.name: job for job in build_jobs(world.services)})


def test_water_that_runs_at_night_goes_round_the_whole_loop(office: Office) -> None:
    _let_water_run(office)
    office.go_on()
    head = "department_head:real_estate"

    events = [one["kind"] for one in office.ask(head, "GET", "/events")]
    assert "real_estate.night_flow" in events
    [alarm] = [one for one in office.ask(head, "GET", "/alarms") if one["rule_id"] == "E06"]
    assert alarm["subject"] == "building:b"
    [risk] = [one for one in office.ask(head, "GET", "/risks") if one["rule_id"] == "E06"]
    assert risk["department"] == "real_estate"
    before = _precision(office, head)

    [request] = [one for one in office.ask(head, "GET", "/requests") if one["risk_id"] == risk["risk_id"]]
    assert request["service"] == "repair"
    _serve(office, request["request_id"], head)
    office.go_on(60)
    assert office.ask(head, "GET", f"/risks/{risk['risk_id']}")["risk"]["status"] == "handled"
    office.ask(head, "POST", f"/risks/{risk['risk_id']}/label", label="true")
    assert office.ask(head, "GET", f"/risks/{risk['risk_id']}")["risk"]["status"] == "closed"
    after = _precision(office, head)
    assert (before, after) == (None, pytest.approx(3 / 5))

    report = _report_of_the_month(office)
    assert "E06" in report
    indicators = {one["indicator"]: one for one in office.ask("auditor", "GET", "/evaluation/indicators")}
    repairs = [one for name, one in indicators.items() if "repair" in name]
    assert [one["value"] for one in repairs] == [1.0]


def test_a_car_out_of_hours_stays_with_those_who_answer_for_it(office: Office) -> None:
    head = "department_head:vehicle"
    _drive_at_night(office)
    office.go_on()
    assert not [one for one in office.ask(head, "GET", "/risks") if one["rule_id"] == "V01"], "in shadow until approved"
    office.ask(head, "POST", f"/rules/V01/approval?institution={OFFICE}")
    office.go_on(60)

    [risk] = [one for one in office.ask(head, "GET", "/risks") if one["rule_id"] == "V01"]
    assert (risk["department"], risk["is_restricted"], risk["subject"]) == ("vehicle", True, f"vehicle:{CAR}")
    assert office.ask("dispatcher:vehicle", "GET", f"/risks/{risk['risk_id']}")["risk"]["rule_id"] == "V01"
    for who in ("energy_officer:energy", "department_head:real_estate", "auditor", "administrator", "superior"):
        assert "V01" not in json.dumps(office.ask(who, "GET", "/risks"))
        assert office.reply(who, "GET", f"/risks/{risk['risk_id']}").status_code == 404
    for who in ("energy_officer:energy", "department_head:real_estate", "auditor", "administrator", "staff:vehicle"):
        assert "vehicle.out_of_hours" not in json.dumps(office.ask(who, "GET", "/events"))
    for who in ("energy_officer:energy", "department_head:real_estate", "auditor"):
        assert "V01" not in json.dumps(office.ask(who, "GET", "/alarms"))
    assert office.reply("staff:vehicle", "GET", f"/risks/{risk['risk_id']}").status_code == 403

    office.ask(head, "POST", f"/risks/{risk['risk_id']}/treatments", kind="advice", note="talked to the driver")
    office.go_on(8 * DAY_S)
    assert "vehicle.out_of_hours" in json.dumps(office.ask(head, "GET", "/events?limit=1000"))
    sent = office.ask("superior", "GET", "/inbox")
    assert CAR not in json.dumps(sent)
    report = _report_of_the_month(office)
    assert CAR not in report
    assert "out_of_hours" not in report
    assert CAR not in office.request("GET", "/disclosure", params={"institution": OFFICE}).text


def _let_water_run(office: Office) -> None:
    """Four weeks of a building's water, with a leak since four nights."""
    days = [office.today - timedelta(back) for back in range(28, 0, -1)]
    use = {hour: 900 if 8 <= hour < 18 else 40 if hour >= 6 else 0 for hour in range(24)}
    leaking = {hour: litres + LEAK_L_H for hour, litres in use.items()}
    office.book("b-water", VOLUME, days[:-4], use)
    office.book("b-water", VOLUME, days[-4:], leaking)
    office.book("b-main", ENERGY, days, {hour: 40_000 if 8 <= hour < 18 else 9_000 for hour in range(24)})


def _drive_at_night(office: Office) -> None:
    """The car is driven for a quarter of an hour at two in the morning; nobody ordered it."""
    start_ms = day_start_ms(office.today) + 2 * HOUR_MS
    for spool, step in enumerate(range(30), start=1):
        at_ms = start_ms + step * 30_000
        reading = Reading(SPEED, 38.0 + step % 3, at_ms)
        office.world.services.store.write([StreamRow(STREAM, spool, GROUP, CAR, (reading,))])
    last = Reading(SPEED, 0.0, start_ms + 30 * 30_000)
    office.world.services.store.write([StreamRow(STREAM, 31, GROUP, CAR, (last,))])
    assert office.world.services.store.series(SeriesKey(GROUP, CAR, SPEED), start_ms, start_ms + HOUR_MS)


def _serve(office: Office, request_id: str, head: str) -> None:
    """The department carries the repair out; whoever answers for it confirms and rates."""
    moves: tuple[dict[str, Any], ...] = (
        {"action": "accept"},
        {"action": "assign", "assignee": "plumber"},
        {"action": "start"},
        {"action": "finish", "note": "valve replaced"},
        {"action": "confirm"},
    )
    for move in moves:
        office.go_on(300)
        office.ask(head, "POST", f"/requests/{request_id}/moves", **move)
    rated = office.ask(head, "POST", f"/requests/{request_id}/rating", stars=5, comment="quick")
    assert rated["stars"] == 5


def _precision(office: Office, who: str) -> float | None:
    """Mean precision of the night-flow rule once it has labels."""
    [rule] = [one for one in office.ask(who, "GET", "/rules") if one["rule_id"] == "E06"]
    return rule["precision"]["mean"] if rule["precision"] and rule["precision"]["labels"] else None


def _report_of_the_month(office: Office) -> str:
    """All text files of the sealed report of the month in which the story began, ordered once it is over."""
    month = office.today.strftime("%Y-%m")
    last = (office.today.replace(day=28) + timedelta(4)).replace(day=1)
    office.go_on((last - office.today).days * DAY_S + DAY_S)
    order = office.ask("auditor", "POST", "/reports", institution=OFFICE, report="energy_month", period=month)
    office.go_on(60)
    done = office.ask("auditor", "GET", f"/reports/{order['order_id']}")
    assert done["state"] == "done", done
    package = office.ask("auditor", "GET", f"/reports/{order['order_id']}/package")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        texts = [archive.read(name) for name in archive.namelist() if name.endswith((".json", ".csv", ".html"))]
    return b"\n".join(texts).decode("utf-8-sig", "replace")
