"""Thresholds over HTTP: the rules, the audit trail, the wake-up."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cloud.core.access import Role
from tests.support.cloud_world import COOLER, ENERGY, METER, POWER, SETPOINT, World

ACTION = {"device": COOLER, "point": SETPOINT, "value": 26.0}
BODY: dict[str, Any] = {
    "name": "总功率",
    "group": "county",
    "device": METER,
    "point": POWER,
    "limit": 120_000,
    "hysteresis": 5_000,
    "window_s": 30,
    "hold_s": 5,
    "actions": [ACTION],
}


@pytest.fixture
def officer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER, name='li')}"}


async def test_threshold_is_set_changed_and_taken_away(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    created = await client.post("/thresholds", json=BODY, headers=officer)
    assert created.status_code == 201
    place, threshold_id = created.headers["location"].removeprefix("/api/v1"), created.json()["threshold_id"]
    assert (await client.get(place, headers=officer)).json() == created.json()
    assert created.json()["actions"] == [{**ACTION, "lease_s": 600, "priority": 12}]
    assert created.json()["changed_by"] == "li"
    assert created.json()["changed_at"].endswith("Z")

    changed = await client.put(place, json={**BODY, "limit": 90_000, "automatic": True}, headers=officer)
    assert (changed.status_code, changed.json()["limit"]) == (200, 90_000)
    assert [one.limit for one in _stored(world, threshold_id)] == [90_000]

    removed = await client.delete(place, headers=officer)
    assert removed.json() == changed.json()
    assert _stored(world, threshold_id) == []
    assert (await client.get(place, headers=officer)).status_code == 404


async def test_every_change_is_audited_and_wakes_the_jobs(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    place = (await client.post("/thresholds", json=BODY, headers=officer)).headers["location"].removeprefix("/api/v1")
    await client.put(place, json={**BODY, "limit": 90_000}, headers=officer)
    await client.delete(place, headers=officer)
    newest = world.services.audit.recent({"office"}, limit=3)
    assert [entry.action for entry in newest] == ["threshold.remove", "threshold.save", "threshold.save"]
    assert {entry.subject for entry in newest} == {f"threshold:{place.rsplit('/')[-1]}"}
    assert {entry.actor for entry in newest} == {"li"}
    assert [entry.detail["limit"] for entry in newest[1:]] == [90_000, 120_000]
    assert len(world.wakes) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit": 0}, "error.limit_not_positive"),
        ({"limit": -1}, "error.limit_not_positive"),
        ({"hysteresis": -1}, "error.hysteresis_out_of_range"),
        ({"hysteresis": 120_000}, "error.hysteresis_out_of_range"),
        ({"window_s": 4}, "error.out_of_range"),
        ({"window_s": 86_401}, "error.out_of_range"),
        ({"hold_s": -1}, "error.out_of_range"),
        ({"name": "  "}, "error.name_missing"),
        ({"name": "a\u0000"}, "error.invalid_request"),
        ({"limit": "much"}, "error.invalid_request"),
        ({"surprise": 1}, "error.invalid_request"),
        ({"device": "b-main"}, "error.device_unknown"),
        ({"group": "campus"}, "error.device_unknown"),
        ({"group": "nowhere"}, "error.device_unknown"),
        ({"point": "Power/Nothing"}, "error.point_unknown"),
        ({"point": ENERGY}, "error.point_not_gauge"),
        ({"actions": [{**ACTION, "device": METER, "point": POWER}]}, "error.point_not_writable"),
        ({"actions": [{**ACTION, "device": "nobody"}]}, "error.device_unknown"),
        ({"actions": [{**ACTION, "value": 31.0}]}, "error.value_outside_limits"),
        ({"actions": [{**ACTION, "value": 25.9}]}, "error.value_off_step"),
        ({"actions": [{**ACTION, "lease_s": 1}]}, "error.out_of_range"),
        ({"actions": [{**ACTION, "priority": 8}]}, "error.out_of_range"),
    ],
)
async def test_threshold_against_a_rule_is_refused_and_changes_nothing(
    world: World, client: httpx.AsyncClient, officer: dict[str, str], change: dict[str, Any], code: str
) -> None:
    before, audited = world.services.thresholds.thresholds(None), world.services.audit.recent({"office"})
    refused = await client.post("/thresholds", json={**BODY, **change}, headers=officer)
    assert (refused.status_code, refused.json()["code"]) == (404 if "device" in code else 422, code)
    assert world.services.thresholds.thresholds(None) == before
    assert world.services.audit.recent({"office"}) == audited
    assert world.wakes == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("field", ["limit", "hysteresis", "window_s", "hold_s"])
async def test_number_that_is_no_number_is_refused(
    client: httpx.AsyncClient, officer: dict[str, str], field: str, number: str
) -> None:
    text = httpx.Request("POST", "http://x", json={**BODY, field: 12321}).read().decode().replace("12321", number)
    headers = {**officer, "Content-Type": "application/json"}
    refused = await client.post("/thresholds", content=text, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "error.invalid_request")


async def test_threshold_cannot_be_moved_to_another_institution(world: World, client: httpx.AsyncClient) -> None:
    both = {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER, scope=('office', 'school'))}"}
    own = world.threshold("office")
    refused = await client.put(f"/thresholds/{own.threshold_id}", json={**BODY, "group": "campus"}, headers=both)
    assert refused.status_code == 404
    assert _stored(world, own.threshold_id) == [own]


def _stored(world: World, threshold_id: str) -> list[Any]:
    return [one for one in world.services.thresholds.thresholds(None) if one.threshold_id == threshold_id]
