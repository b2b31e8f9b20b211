"""Requests built to hurt get a refusal: never a crash, never a body held in memory for a stranger."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from cloud.core.access import Role
from tests.support.cloud_world import ENERGY, METER, POWER, World

JSON = {"content-type": "application/json"}
MEBIBYTE = 1 << 20


@pytest.fixture
def officer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER)}"}


@pytest.mark.parametrize("days", [("9999-12-31", "9999-12-31"), ("0001-01-01", "0001-01-02")])
async def test_energy_at_the_ends_of_time_is_answered(
    client: httpx.AsyncClient, officer: dict[str, str], days: tuple[str, str]
) -> None:
    asked = {"group": "county", "device": METER, "point": ENERGY, "first": days[0], "last": days[1]}
    assert (await client.get("/energy/days", params=asked, headers=officer)).status_code < 500


@pytest.mark.parametrize("end", ["0001-01-01T01:00:00Z", "9999-12-31T23:59:59-14:00"])
async def test_a_series_at_the_ends_of_time_is_answered(
    client: httpx.AsyncClient, officer: dict[str, str], end: str
) -> None:
    asked = {"group": "county", "device": METER, "point": POWER, "start": "0001-01-01T00:00:00+14:00", "end": end}
    assert (await client.get("/series", params=asked, headers=officer)).status_code < 500


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800": 1}',
        b'{"group":"\\ud800","device":"x","point":"x","value":1,"reason":"\\udfff"}',
        b'{"group":"county","priority":' + b"9" * 4_000 + b"}",
        b"[" * 100_000,
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, officer: dict[str, str], body: bytes
) -> None:
    answer = await client.post("/commands", content=body, headers=officer | JSON)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"1e400", b'"\\ud800"'])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/records/rows?kind=hand_reading", b'[{"meter":"w","carrier":"water","read_on":@,"reading":1}]'),
        ("PUT", "/institutions/office", b'{"name_zh":@,"name_en":"A"}'),
        ("PUT", "/institutions/office/buildings/building-a", b'{"name_zh":"A","use":@}'),
    ],
)
async def test_a_cell_that_holds_no_value_is_refused(
    client: httpx.AsyncClient, world: World, method: str, path: str, body: bytes, value: bytes
) -> None:
    headers = JSON | {"Authorization": f"Bearer {world.token(Role.ADMINISTRATOR)}"}
    answer = await client.request(method, path, content=body.replace(b"@", value), headers=headers)
    assert answer.status_code == 422


async def test_an_endless_body_of_a_stranger_is_not_read(client: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(16):
            read += MEBIBYTE
            yield b" " * MEBIBYTE

    answer = await client.post("/commands", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert read <= 2 * MEBIBYTE


@pytest.mark.parametrize("path", ["/records/imports?kind=energy_bill", "/institutions/office/workbook"])
@pytest.mark.parametrize(("role", "status"), [(None, 401), (Role.STAFF, 403)])
async def test_a_file_is_not_read_of_whom_may_hand_in_none(
    client: httpx.AsyncClient, world: World, path: str, role: Role | None, status: int
) -> None:
    read = 0

    async def file() -> AsyncIterator[bytes]:
        nonlocal read
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(4):
            read += MEBIBYTE
            yield b" " * MEBIBYTE

    headers = {"content-type": "multipart/form-data; boundary=x"}
    if role is not None:
        headers["Authorization"] = f"Bearer {world.token(role)}"
    answer = await client.post(path, content=file(), headers=headers)
    assert (answer.status_code, read) == (status, 0)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_announced_too_large_is_not_asked_for(client: httpx.AsyncClient) -> None:
    answer = await client.post("/commands", content=b" " * (MEBIBYTE + 1), headers=JSON)
    assert answer.status_code == 413
