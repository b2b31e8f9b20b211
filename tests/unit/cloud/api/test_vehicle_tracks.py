"""Where a vehicle is and how fast is not for everybody who may read meters."""

from __future__ import annotations

import httpx
import pytest

from cloud.console.views.places import read_places
from cloud.core.access import Principal, Role
from cloud.core.series import StreamRow
from gateway.messages import DeviceBirth, PointBirth, Reading
from tests.support.cloud_world import METER, World

SPEED, STREAM = "Speed", "0b8f0e8e-9a5c-4a2f-8f5d-3b1f0a7c9d99"
READERS = [
    (Role.DISPATCHER, None, True),
    (Role.DEPARTMENT_HEAD, "vehicle", True),
    (Role.DEPARTMENT_HEAD, "energy", False),
    (Role.STAFF, "vehicle", False),
    (Role.ENERGY_OFFICER, "energy", False),
    (Role.AUDITOR, None, False),
    (Role.ADMINISTRATOR, None, False),
]


@pytest.fixture
def tracked(world: World) -> World:
    now_ms = world.clock.now_ms()
    birth = DeviceBirth("car-1", {"role": "vehicle"}, (PointBirth(SPEED, "float", "km/h"),))
    world.services.registry.device_born("county", "edge-1", birth, now_ms)
    world.services.store.write([StreamRow(STREAM, 1, "county", "car-1", (Reading(SPEED, 60.0, now_ms),))])
    return world


@pytest.mark.parametrize(("role", "department", "is_told"), READERS)
async def test_a_track_is_told_to_those_who_answer_for_the_vehicles(
    client: httpx.AsyncClient, tracked: World, role: Role, department: str | None, is_told: bool
) -> None:
    headers = {"Authorization": f"Bearer {tracked.token(role, department=department)}"}
    span = {"start": "2026-09-21T00:00:00Z", "end": "2026-09-22T00:00:00Z"}
    for path, more in (("/series/last", {}), ("/series", {"point": SPEED, **span})):
        car = await client.get(path, params={"group": "county", "device": "car-1", **more}, headers=headers)
        assert car.status_code == (200 if is_told else 403)
    meter = await client.get("/series/last", params={"group": "county", "device": METER}, headers=headers)
    assert meter.status_code == 200


@pytest.mark.parametrize(("role", "department", "is_told"), READERS)
def test_the_console_shows_a_tracker_without_its_track(
    tracked: World, role: Role, department: str | None, is_told: bool
) -> None:
    places = read_places(tracked.services, Principal("li", frozenset({role}), frozenset({"office"}), department))
    shown = {one.id: one.has_point(SPEED) for one in places.devices}
    assert shown["car-1"] is is_told


async def test_no_limit_on_a_track_tells_when_a_vehicle_was_moving(client: httpx.AsyncClient, tracked: World) -> None:
    headers = {"Authorization": f"Bearer {tracked.token(Role.ENERGY_OFFICER)}"}
    wanted = {"name": "x", "group": "county", "device": "car-1", "point": SPEED, "limit": 3.0, "hysteresis": 1.0,
              "window_s": 30, "hold_s": 0}  # fmt: skip
    answer = await client.post("/thresholds", json=wanted, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "error.forbidden")
