"""Signing in with a local account, and what an administrator may do with accounts."""

from __future__ import annotations

import httpx
import pytest

from cloud.core.access import Role
from tests.support.cloud_world import PASSWORD, World


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _sign_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/tokens", json={"name": name, "password": password})


async def test_the_right_password_gives_a_token_that_stands_for_the_account(
    world: World, client: httpx.AsyncClient
) -> None:
    name = world.account("office")
    answer = await _sign_in(client, name)
    assert answer.status_code == 201
    me = (await client.get("/me", headers=_bearer(answer.json()["token"]))).json()
    assert (me["name"], me["roles"], me["institution_ids"]) == (name, ["staff"], ["office"])


async def test_an_unknown_name_and_a_wrong_password_are_refused_alike(world: World, client: httpx.AsyncClient) -> None:
    refusals = [await _sign_in(client, world.account("office"), "wrong"), await _sign_in(client, "nobody", "wrong")]
    assert [one.status_code for one in refusals] == [401, 401]
    assert refusals[0].json() == refusals[1].json()


async def test_after_five_wrong_passwords_the_right_one_has_to_wait_a_minute(
    world: World, client: httpx.AsyncClient
) -> None:
    name = world.account("office")
    for _ in range(5):
        await _sign_in(client, name, "wrong")
    assert (await _sign_in(client, name)).status_code == 401
    world.clock.advance(60)
    assert (await _sign_in(client, name)).status_code == 201


async def test_a_changed_account_ends_its_sessions(world: World, client: httpx.AsyncClient) -> None:
    name, administrator = world.account("office"), world.token(Role.ADMINISTRATOR)
    token = (await _sign_in(client, name)).json()["token"]
    body = {"role": "auditor", "password": "another good one"}
    changed = await client.put(f"/accounts/{name}", json=body, headers=_bearer(administrator))
    assert changed.json()["roles"] == ["auditor"]
    assert (await client.get("/me", headers=_bearer(token))).status_code == 401
    assert (await _sign_in(client, name)).status_code == 401
    assert (await _sign_in(client, name, "another good one")).status_code == 201


async def test_a_removed_account_signs_in_no_more(world: World, client: httpx.AsyncClient) -> None:
    name, administrator = world.account("office"), world.token(Role.ADMINISTRATOR)
    assert (await client.delete(f"/accounts/{name}", headers=_bearer(administrator))).status_code == 200
    assert (await _sign_in(client, name)).status_code == 401


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "wang-is-my-name"])
async def test_a_password_that_anybody_would_guess_is_refused(
    world: World, client: httpx.AsyncClient, password: str
) -> None:
    administrator = world.token(Role.ADMINISTRATOR)
    body = {"role": "staff", "password": password}
    answer = await client.put("/accounts/wang", json=body, headers=_bearer(administrator))
    assert (answer.status_code, answer.json()["code"]) == (422, "error.password_weak")


async def test_an_administrator_reaches_no_account_of_another_institution(
    world: World, client: httpx.AsyncClient
) -> None:
    name, administrator = world.account("school"), world.token(Role.ADMINISTRATOR)
    body = {"role": "staff", "password": "another good one"}
    taken_over = await client.put(f"/accounts/{name}", json=body, headers=_bearer(administrator))
    assert taken_over.status_code == 404
    assert (await _sign_in(client, name)).status_code == 201


async def test_every_sign_in_and_change_is_audited_without_the_password(
    world: World, client: httpx.AsyncClient
) -> None:
    administrator = world.token(Role.ADMINISTRATOR)
    body = {"role": "staff", "password": "another good one"}
    await client.put("/accounts/wang", json=body, headers=_bearer(administrator))
    await _sign_in(client, "wang", "another good one")
    entries = world.services.audit.recent({"office"}, limit=2)
    assert [entry.action for entry in entries] == ["account.sign_in", "account.save"]
    assert "another good one" not in repr(entries)
