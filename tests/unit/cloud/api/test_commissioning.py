"""Settings of devices over HTTP: proposed like any order, and comparisons with the display kept in the audit trail."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cloud.core.access import Role
from tests.support.cloud_world import METER, World

WANTED: dict[str, Any] = {
    "settings": {"params.ct": "60", "sub_item": "01B", "name.zh-CN": "食堂"},
    "reason": "现场核对",
}
DEVICE = f"/devices/county/{METER}"


@pytest.fixture
def officer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER, name='li')}"}


async def test_settings_wait_for_approval_like_any_order(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    proposed = await client.post(f"{DEVICE}/settings", json=WANTED, headers=officer)
    assert proposed.status_code == 201, proposed.text
    order = proposed.json()
    assert (order["state"], order["point"], order["value"]) == ("proposed", "Settings", None)
    assert order["settings"] == WANTED["settings"]
    assert proposed.headers["Location"] == f"/api/v1/commands/{order['command_id']}"
    await client.post(f"/commands/{order['command_id']}/approval", headers=officer)
    ((request, _, _),) = world.services.commands.approved(world.services.clock.now_ms())
    assert request.settings == WANTED["settings"]
    detail = world.services.audit.recent({"office"}, limit=2)[1].detail
    assert detail["settings"] == WANTED["settings"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "error.settings_missing"),
        ({"params.xx": "1"}, "error.setting_unknown"),
        ({"unit": "1"}, "error.setting_unknown"),
        ({"params.ct": "many"}, "error.setting_no_number"),
        ({"params.ct": "-1"}, "error.setting_no_number"),
        ({"params.ct": "NaN"}, "error.setting_no_number"),
        ({"params.ct": "sNaN"}, "error.setting_no_number"),
        ({"params.ct": "1e999999"}, "error.setting_no_number"),
    ],
)
async def test_settings_that_cannot_be_are_refused_at_the_door(
    client: httpx.AsyncClient, officer: dict[str, str], settings: dict[str, str], code: str
) -> None:
    refused = await client.post(f"{DEVICE}/settings", json={**WANTED, "settings": settings}, headers=officer)
    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text


async def test_a_comparison_is_kept_with_both_values(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    compared = [{"point": "Power/Active/Total", "ours": 183.3, "shown": 184.0}]
    kept = await client.post(f"{DEVICE}/comparisons", json=compared, headers=officer)
    assert (kept.status_code, kept.json()) == (201, {"kept": 1})
    (entry,) = world.services.audit.recent({"office"}, limit=1)
    assert (entry.action, entry.subject, entry.actor) == ("device.compared", f"device:{METER}", "li")
    assert entry.detail["values"] == {"Power/Active/Total": {"ours": 183.3, "display": 184.0}}
    assert (await client.post(f"{DEVICE}/comparisons", json=[], headers=officer)).status_code == 422


async def test_another_institutions_device_does_not_exist(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    elsewhere = f"/devices/campus/{METER}"
    assert (await client.post(f"{elsewhere}/settings", json=WANTED, headers=officer)).status_code == 404
    compared = [{"point": "P", "ours": 1, "shown": 1}]
    assert (await client.post(f"{elsewhere}/comparisons", json=compared, headers=officer)).status_code == 404
