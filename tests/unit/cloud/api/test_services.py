"""The service platform over HTTP: what staff, heads and the public say and hear."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cloud.api.public_requests import MOST_PER_ADDRESS
from cloud.core.access import Role
from tests.support.cloud_world import World
from tests.support.service_cases import FAULT, SUBJECT, WISH, repair

BODY = {"institution": "office", "service": "repair", "subject": SUBJECT, "fields": FAULT}
WISHES = {"institution": "office", "service": "public_request", "subject": SUBJECT, "fields": WISH}


def bearer(world: World, role: Role, department: str, name: str = "li") -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(role, department=department, name=name)}"}


async def test_a_fault_is_reported_mended_confirmed_and_rated(world: World, client: httpx.AsyncClient) -> None:
    asker, head = bearer(world, Role.STAFF, "finance"), bearer(world, Role.DEPARTMENT_HEAD, "real_estate", "wang")
    filed = await client.post("/requests", json=BODY, headers=asker)
    assert filed.status_code == 201
    path = filed.headers["location"].removeprefix("/api/v1")
    assert (await client.get(path, headers=head)).json()["actions"] == ["accept", "reject"]
    for action in ("accept", "assign", "start", "finish"):
        moved = await client.post(f"{path}/moves", json={"action": action, "assignee": "zhao"}, headers=head)
        assert moved.status_code == 200, moved.text
    confirmed = await client.post(f"{path}/moves", json={"action": "confirm"}, headers=asker)
    assert confirmed.json()["state"] == "confirmed"
    rated = (await client.post(f"{path}/rating", json={"stars": 4, "comment": "好"}, headers=asker)).json()
    assert (rated["stars"], rated["comment"], rated["assigned_to"]) == (4, "好", "zhao")
    assert [one["action"] for one in rated["steps"]] == [
        "submit", "accept", "assign", "start", "finish", "confirm", "rate",
    ]  # fmt: skip


async def test_a_move_that_is_not_possible_says_so(world: World, client: httpx.AsyncClient) -> None:
    request, head = repair(world), bearer(world, Role.DEPARTMENT_HEAD, "real_estate", "wang")
    answer = await client.post(f"/requests/{request.request_id}/moves", json={"action": "finish"}, headers=head)
    assert (answer.status_code, answer.json()["code"]) == (409, "error.move_not_possible")
    unknown = await client.post(f"/requests/{request.request_id}/moves", json={"action": "fly"}, headers=head)
    assert unknown.status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "a\x00b"},
        {"note": "\x00"},
        {"fields": {**FAULT, "description": "\ud800"}},
        {"fields": {"trouble": {"deep": 1}}},
        {"start": "2026-01-01T00:00:00"},
        {"fields": {str(number): 1 for number in range(60)}},
        {"asked_by": "somebody"},
    ],
)
async def test_a_hostile_request_is_refused_before_it_is_written(
    world: World, client: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    headers = {**bearer(world, Role.STAFF, "finance"), "content-type": "application/json"}
    # Escaped: a surrogate alone cannot be sent otherwise.
    answer = await client.post("/requests", content=json.dumps({**BODY, **change}), headers=headers)
    assert 400 <= answer.status_code < 500
    assert world.services.service.requests.requests({"office"}) == []


async def test_the_public_files_without_an_account_and_hears_the_state_alone(
    world: World, client: httpx.AsyncClient
) -> None:
    wish = {**WISHES, "fields": {**WISH, "contact": "13912345678"}}
    receipt = (await client.post("/public/requests", json=wish)).json()
    assert set(receipt) == {"reference", "code"}
    state = await client.get(f"/public/requests/{receipt['reference']}", params={"code": receipt["code"]})
    assert set(state.json()) == {"reference", "service", "state", "asked_at", "changed_at", "finish_by"}
    wrong = await client.get(f"/public/requests/{receipt['reference']}", params={"code": "x"})
    nothing = await client.get("/public/requests/PR-NOTHING", params={"code": receipt["code"]})
    assert wrong.status_code == nothing.status_code == 404
    assert wrong.json() == nothing.json()


async def test_the_public_finds_no_unknown_institution(client: httpx.AsyncClient) -> None:
    assert (await client.post("/public/requests", json={**WISHES, "institution": "moon"})).status_code == 404
    assert (await client.get("/public/view", params={"institution": "moon"})).status_code == 404


async def test_one_address_cannot_flood_the_office(world: World, client: httpx.AsyncClient) -> None:
    unknown = {**WISHES, "institution": "moon"}
    for _ in range(MOST_PER_ADDRESS):
        assert (await client.post("/public/requests", json=unknown)).status_code == 404
    refused = await client.post("/public/requests", json=WISHES)
    assert (refused.status_code, refused.json()["code"]) == (429, "error.too_many_requests")
    world.clock.advance(3601)
    assert (await client.post("/public/requests", json=WISHES)).status_code == 201


async def test_the_public_view_is_made_once_a_day(world: World, client: httpx.AsyncClient) -> None:
    params = {"institution": "office"}
    first = (await client.get("/public/view", params=params)).json()
    assert first["institution_id"] == "office"
    assert set(first["requests"]["cells"]) >= {"repair", "visitor"}
    assert all(cell["value"] is None for cell in first["requests"]["cells"].values())
    assert (await client.get("/public/view", params=params)).json() == first
    world.clock.advance(40 * 86_400)
    assert (await client.get("/public/view", params=params)).json()["last"] > first["last"]


async def test_a_telephone_number_reaches_those_who_need_it(world: World, client: httpx.AsyncClient) -> None:
    asker = bearer(world, Role.STAFF, "finance")
    body = {**BODY, "fields": {**FAULT, "phone": "13912345678"}}
    path = f"/requests/{(await client.post('/requests', json=body, headers=asker)).json()['request_id']}"
    owner = await client.get(path, headers=bearer(world, Role.DEPARTMENT_HEAD, "real_estate", "wang"))
    auditor = await client.get(path, headers=bearer(world, Role.AUDITOR, "finance", "sun"))
    assert owner.json()["fields"]["phone"] == "13912345678"
    assert auditor.json()["fields"]["phone"] == "139****5678"


async def test_shared_rows_are_kept_in_no_cache(world: World, client: httpx.AsyncClient) -> None:
    asking = bearer(world, Role.DEPARTMENT_HEAD, "energy", "wang")
    body = {"institution": "office", "dataset": "room", "purpose": "核算"}
    grant = (await client.post("/datasets/grants", json=body, headers=asking)).json()["grant_id"]
    owner = bearer(world, Role.DEPARTMENT_HEAD, "real_estate", "sun")
    decided = await client.post(f"/datasets/grants/{grant}/decision", json={"agreed": True}, headers=owner)
    assert decided.json()["state"] == "granted"
    rows = await client.get("/datasets/room/rows", params={"institution": "office", "grant": grant}, headers=asking)
    assert (rows.status_code, rows.headers["cache-control"]) == (200, "no-store")
