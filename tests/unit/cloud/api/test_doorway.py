"""The doorway itself: who is let in, how refusals read, how the description looks."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import httpx
import pytest

from cloud.api.app import create_api
from cloud.core.access import Role
from foundation.errors import LinkError
from foundation.texts import load_texts
from tests.support.cloud_world import World
from tests.support.tree import python_files

METHODS = {"get", "post", "put", "patch", "delete"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB;q=0.3, zh-TW;q=0.2", "en"),
        ("fr, en;q=0", "zh-CN"),
        ("", "zh-CN"),
        ("en;q=none", "zh-CN"),
    ],
)
async def test_refusal_reads_in_the_language_asked_for(
    world: World, client: httpx.AsyncClient, asked: str, language: str
) -> None:
    headers = {**bearer(world.token(Role.STAFF)), "Accept-Language": asked}
    refused = await client.get("/devices/county/nobody", headers=headers)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["content-language"] == language
    expected = load_texts()("error.device_unknown", language, device="nobody")  # type: ignore[arg-type]
    assert refused.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "error.device_unknown",
        "detail": expected,
        "facts": {"device": "nobody"},
    }


async def test_missing_token_says_which_scheme_is_expected(client: httpx.AsyncClient) -> None:
    refused = await client.get("/devices")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert (await client.get("/health", headers={"Authorization": "Basic bGk6bGk="})).status_code == 401


async def test_expired_and_withdrawn_tokens_are_refused(world: World, client: httpx.AsyncClient) -> None:
    token = world.token(Role.STAFF)
    assert (await client.get("/devices", headers=bearer(token))).status_code == 200
    world.services.accounts.withdraw(token, world.clock.now_ms())
    assert (await client.get("/devices", headers=bearer(token))).status_code == 401


async def test_unknown_path_and_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nothing")).json()["code"] == "error.not_found"
    assert (await client.patch("/health")).json()["code"] == "error.method_not_allowed"


async def test_other_paths_keep_their_own_error_pages(client: httpx.AsyncClient) -> None:
    page = await client.get("http://cloud.test/console")
    assert (page.status_code, page.headers["content-type"]) == (404, "application/json")


async def test_database_that_cannot_be_used_is_said_to_be_unavailable(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> int:
        raise LinkError("database: locked")

    monkeypatch.setattr(world.services.event_log, "cursor", cannot)
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["code"]) == (503, "error.unavailable")
    assert "retry-after" in answer.headers
    assert "locked" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://cloud.test"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://cloud.test"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({}, 403),
    ],
)
async def test_session_changes_things_only_from_our_own_pages(
    world: World, headers: dict[str, str], status: int
) -> None:
    token = world.token(Role.ENERGY_OFFICER)
    sessions = {"s-1": token}
    api = create_api(world.services, token_of_session=lambda cookies: sessions.get(cookies.get("session", "")))
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://cloud.test/api/v1", cookies={"session": "s-1"}
    ) as browser:
        assert (await browser.get("/devices")).status_code == 200
        path = f"/commands/{world.proposed_command('office')}/approval"
        assert (await browser.post(path, headers=headers)).status_code == status
        assert (await browser.post(path, headers=bearer("xt_wrong") | headers)).status_code == 401


async def test_cookie_is_worth_nothing_without_sessions(world: World, client: httpx.AsyncClient) -> None:
    client.cookies.set("session", world.token(Role.STAFF))
    assert (await client.get("/devices")).status_code == 401


async def test_default_language_is_the_one_of_the_program(world: World) -> None:
    services = dataclasses.replace(world.services, language="en")
    transport = httpx.ASGITransport(create_api(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://cloud.test") as english:
        assert (await english.get("/api/v1/devices")).headers["content-language"] == "en"


async def test_every_operation_is_described(client: httpx.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()
    operations = [
        (f"{method} {path}", operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    assert operations
    assert "HTTPValidationError" not in str(description)
    assert not [name for name, operation in operations if not _is_described(operation)]


def _is_described(operation: dict[str, Any]) -> bool:
    responses = operation["responses"]
    success = next(answer for status, answer in responses.items() if status.startswith("2"))
    problems = [responses.get(status, {}).get("content", {}) for status in ("401", "403", "422")]
    return bool(
        operation.get("summary")
        and operation.get("security")
        and success.get("content")
        and success["content"].get("application/json", {"schema": "a file"}).get("schema")
        and all(content.get("application/problem+json", {}).get("schema") for content in problems)
    )


def test_every_code_of_a_refusal_has_its_words() -> None:
    texts = load_texts()
    for code in _codes():
        assert code in texts, code


def _codes() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in python_files("cloud"))
    return {code for source in sources for code in re.findall(r'"(error\.[a-z_]+)"', source)}
