"""Commands over HTTP: proposed by hand, decided once, always audited."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cloud.core.access import Role
from cloud.core.command_record import CommandState
from tests.support.cloud_world import COOLER, METER, POWER, SETPOINT, World

ORDER: dict[str, Any] = {
    "group": "county",
    "device": COOLER,
    "point": SETPOINT,
    "value": 26.5,
    "reason": "检修",
}


@pytest.fixture
def officer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER, name='li')}"}


async def test_order_waits_until_it_is_approved(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    proposed = await client.post("/commands", json=ORDER, headers=officer)
    assert proposed.status_code == 201
    command = proposed.json()
    assert (command["state"], command["proposed_by"], command["node"]) == ("proposed", "li", "edge-1")
    assert world.services.commands.approved(world.services.clock.now_ms()) == []

    approved = await client.post(f"/commands/{command['command_id']}/approval", headers=officer)
    assert (approved.json()["state"], approved.json()["approved_by"]) == ("approved", "li")
    ((request, nonce, _),) = world.services.commands.approved(world.services.clock.now_ms())
    assert (request.value, request.reason, request.priority, nonce) == (26.5, "检修", 8, "nonce")
    assert [entry.action for entry in world.services.audit.recent({"office"}, limit=2)] == [
        "command.approve",
        "command.propose",
    ]
    assert len(world.wakes) == 2


async def test_order_without_a_value_gives_the_point_back(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    proposed = await client.post("/commands", json={**ORDER, "value": None}, headers=officer)
    record = world.services.commands.find(proposed.json()["command_id"])
    assert record is not None
    assert record.request.value is None


async def test_command_is_decided_once(world: World, client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    command_id = world.proposed_command("office")
    assert (await client.post(f"/commands/{command_id}/rejection", headers=officer)).json()["state"] == "rejected"
    again = await client.post(f"/commands/{command_id}/approval", headers=officer)
    assert (again.status_code, again.json()["code"]) == (409, "error.command_already_decided")
    record = world.services.commands.find(command_id)
    assert record is not None
    assert record.state is CommandState.REJECTED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"device": METER, "point": POWER}, "error.point_not_writable"),
        ({"device": "nobody"}, "error.device_unknown"),
        ({"group": "campus"}, "error.device_unknown"),
        ({"point": "Nothing"}, "error.point_unknown"),
        ({"value": 17.5}, "error.value_outside_limits"),
        ({"value": 30.5}, "error.value_outside_limits"),
        ({"value": 26.3}, "error.value_off_step"),
        ({"reason": " "}, "error.reason_missing"),
        ({"priority": 7}, "error.out_of_range"),
        ({"priority": 17}, "error.out_of_range"),
        ({"lease_s": 5}, "error.out_of_range"),
        ({"valid_s": 3601}, "error.out_of_range"),
        ({"value": "warm"}, "error.invalid_request"),
    ],
)
async def test_order_against_a_rule_is_refused_and_enters_nothing(
    world: World, client: httpx.AsyncClient, officer: dict[str, str], change: dict[str, Any], code: str
) -> None:
    before = world.services.commands.recent({"office", "school"})
    refused = await client.post("/commands", json={**ORDER, **change}, headers=officer)
    assert refused.json()["code"] == code
    assert refused.status_code in (404, 422)
    assert world.services.commands.recent({"office", "school"}) == before
    assert world.wakes == []
