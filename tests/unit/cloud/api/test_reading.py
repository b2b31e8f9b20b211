"""What the reading routes answer: values with units, days with gaps, events of one's own department."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from cloud.adapters.sql.lease_book import SqlLeaseBook, lock_file
from cloud.core.access import Role
from cloud.core.ingest_lease import Claim
from foundation.clock import from_ms
from foundation.disk import held
from tests.support.cloud_world import ENERGY, METER, POWER, SETPOINT, World

SERIES = {"group": "county", "device": METER, "point": POWER}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def staff(world: World) -> dict[str, str]:
    return bearer(world.token(Role.STAFF))


def _time(world: World, offset_s: int) -> str:
    return from_ms(world.clock.now_ms() + offset_s * 1000).isoformat()


async def test_newest_values_carry_their_unit(world: World, client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    answer = await client.get("/series/last", params={"group": "county", "device": METER}, headers=staff)
    (newest,) = answer.json()
    assert (newest["point"], newest["unit"]) == (POWER, "W")
    assert (newest["sample"]["value"], newest["sample"]["quality"]) == (3000.0, "good")


async def test_series_are_given_as_measured_and_in_windows(
    world: World, client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    span = {"start": _time(world, 0), "end": _time(world, 60)}
    raw = await client.get("/series", params={**SERIES, **span}, headers=staff)
    assert [sample["value"] for sample in raw.json()["samples"]] == [1000.0, 2000.0, 3000.0]
    window = {"window_s": 3600, "aggregate": "max"}
    maxima = await client.get("/series", params={**SERIES, **span, **window}, headers=staff)
    assert [sample["value"] for sample in maxima.json()["samples"]] == [3000.0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"end": "2020-01-01T00:00:00Z"}, "error.span_backwards"),
        ({"start": "2020-01-01T00:00:00Z"}, "error.span_too_long"),
        ({"start": "2020-01-01T00:00:00Z", "window_s": 60}, "error.span_too_long"),
        ({"start": "2026-09-21T00:00:00"}, "error.invalid_request"),
        ({"aggregate": "median"}, "error.invalid_request"),
        ({"point": "Nothing"}, "error.point_unknown"),
    ],
)
async def test_senseless_span_is_refused(
    world: World, client: httpx.AsyncClient, staff: dict[str, str], change: dict[str, Any], code: str
) -> None:
    span = {"start": _time(world, 0), "end": _time(world, 60)}
    refused = await client.get("/series", params={**SERIES, **span, **change}, headers=staff)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_energy_of_a_local_day_says_what_is_estimated_and_missing(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    asked = {"group": "county", "device": METER, "point": ENERGY, "first": "2026-09-01", "last": "2026-09-30"}
    answer = (await client.get("/energy/days", params=asked, headers=staff)).json()
    assert answer["unit"] == "Wh"
    assert answer["days"] == [{"day": "2026-09-21", "delta": 2000, "estimated": 250, "covered_s": 7200}]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"point": POWER}, "error.point_not_counter"),
        ({"last": "2026-08-01"}, "error.span_backwards"),
        ({"first": "2020-08-01"}, "error.span_too_long"),
    ],
)
async def test_senseless_days_are_refused(
    client: httpx.AsyncClient, staff: dict[str, str], change: dict[str, Any], code: str
) -> None:
    asked = {"group": "county", "device": METER, "point": ENERGY, "first": "2026-09-01", "last": "2026-09-30"}
    refused = await client.get("/energy/days", params={**asked, **change}, headers=staff)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("role", "department", "seen"),
    [
        (Role.STAFF, "energy", ["energy"]),
        (Role.STAFF, None, []),
        (Role.DEPARTMENT_HEAD, "vehicle", ["vehicle"]),
        (Role.DISPATCHER, "vehicle", ["vehicle", "energy"]),
        (Role.AUDITOR, None, ["vehicle", "energy"]),
    ],
)
async def test_events_are_those_of_the_departments_one_may_see(
    world: World, client: httpx.AsyncClient, role: Role, department: str | None, seen: list[str]
) -> None:
    headers = bearer(world.token(role, department=department))
    answer = await client.get("/events", headers=headers)
    assert [event["department"] for event in answer.json()] == seen
    filtered = await client.get("/events", params={"department": "energy"}, headers=headers)
    assert [event["department"] for event in filtered.json()] == [one for one in seen if one == "energy"]


async def test_devices_tell_their_points_and_whether_they_are_online(
    world: World, client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    world.services.registry.device_lost("county", "edge-1", METER, world.clock.now_ms() + 5000)
    cooler, meter = (await client.get("/devices", headers=staff)).json()
    assert (cooler["is_online"], meter["is_online"]) == (True, False)
    assert cooler["points"][0] | {"name": SETPOINT, "unit": "°C", "writable": True} == cooler["points"][0]
    assert (await client.get("/devices/county/a-main", headers=staff)).json() == meter


async def test_devices_of_a_node_that_waits_for_no_acknowledgement_are_marked(
    world: World, client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    assert [one["is_lossy"] for one in (await client.get("/devices", headers=staff)).json()] == [False, False]
    world.services.registry.node_born("county", "edge-1", "nonce", world.clock.now_ms(), is_lossy=True)
    assert [one["is_lossy"] for one in (await client.get("/devices", headers=staff)).json()] == [True, True]


async def test_institution_is_shown_with_its_parts(client: httpx.AsyncClient, staff: dict[str, str]) -> None:
    listed = (await client.get("/institutions", headers=staff)).json()
    assert [one["institution_id"] for one in listed] == ["office"]
    model = (await client.get("/institutions/office", headers=staff)).json()
    assert model["institution"] == listed[0]
    assert model["institution"]["name"] == {"zh-CN": "甲", "en": "A"}
    assert model["buildings"][0] | {"area_m2": 8000, "heated_area_m2": None} == model["buildings"][0]


async def test_status_counts_within_the_scope(world: World, client: httpx.AsyncClient) -> None:
    world.services.quarantine.put(topic="t", payload=b"", reason="r", at_ms=1)
    answer = await client.get("/status", headers=bearer(world.token(Role.DISPATCHER)))
    assert answer.json() == {
        "devices": 2,
        "devices_online": 2,
        "breaches_open": 1,
        "commands_waiting": 1,
        "quarantined": {"malformed": 1, "known": 0},
        "receiving": [],
        "groups_unserved": ["county"],
    }


async def test_status_tells_who_receives_the_compounds_of_the_scope(world: World, client: httpx.AsyncClient) -> None:
    book = world.services.ingest_hosts
    assert isinstance(book, SqlLeaseBook)
    lock = lock_file(book.engine)
    assert lock is not None
    ours = Claim("ours", ("county",), "token-1", "machine:1", "embedded", "key")
    for claim in (ours, replace(ours, host_id="theirs", groups=("elsewhere",), holder="token-2")):
        book.take(claim, 1_000)
    dispatcher = bearer(world.token(Role.DISPATCHER))
    with held(lock, "ingest"):
        found = (await client.get("/status", headers=dispatcher)).json()
    [host] = found["receiving"]
    assert (host["host_id"], host["groups"], host["primary"], host["standbys"]) == ("ours", ["county"], "machine:1", [])
    assert found["groups_unserved"] == []
    found = (await client.get("/status", headers=dispatcher)).json()
    assert found["receiving"] == [host | {"primary": None}]
    assert found["groups_unserved"] == ["county"]


async def test_me_tells_name_roles_and_scope(world: World, client: httpx.AsyncClient) -> None:
    me = (await client.get("/me", headers=bearer(world.token(Role.SUPERIOR, scope=("city", "office"))))).json()
    assert (me["name"], me["roles"], me["institution_ids"]) == ("li", ["superior"], ["city", "office"])
    assert "read_energy" in me["permissions"]
    assert "read_series" not in me["permissions"]
