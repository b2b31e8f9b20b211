"""The institution model over HTTP: entries by form, the whole by workbook, refusals at the field they are about."""

from __future__ import annotations

import io
from typing import Any

import httpx
import openpyxl
import pytest

from cloud.core.access import Role
from cloud.core.institution import InstitutionModel
from cloud.core.institution_workbook import write_institution
from tests.support.cloud_world import World

BUILDING: dict[str, Any] = {"compound": "county", "name_zh": "乙楼", "name_en": "House B", "use": "office"}
PLACE = "/institutions/office/buildings/building-b"


@pytest.fixture
def administrator(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(Role.ADMINISTRATOR, name='wang')}", "Accept-Language": "en"}


def entered(world: World) -> InstitutionModel:
    model = world.services.institutions.model("office")
    assert model is not None
    return model


async def test_building_is_entered_changed_and_taken_away(
    world: World, client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    saved = await client.put(PLACE, json={**BUILDING, "area_m2": 5200.5, "persons": 210}, headers=administrator)
    assert saved.status_code == 200, saved.text
    assert saved.json() == {
        "id": "building-b", **BUILDING, "area_m2": 5200.5, "heated_area_m2": None, "persons": 210,
        "valid_from": None, "valid_to": None,
    }  # fmt: skip
    await client.put(PLACE, json={**BUILDING, "area_m2": "5,300"}, headers=administrator)
    assert [one.area_m2 for one in entered(world).buildings] == [8000, 5300]
    assert entered(world).buildings[1].persons is None
    newest = world.services.audit.recent({"office"}, limit=1)[0]
    assert (newest.actor, newest.action, newest.subject) == ("wang", "institution.save", "institution:office")
    assert newest.detail["area_m2"] == "5300.0"
    removed = await client.delete(PLACE, headers=administrator)
    assert removed.json()["area_m2"] == 5300
    assert [one.building_id for one in entered(world).buildings] == ["building-a"]
    assert len(world.wakes) == 3


async def test_later_version_of_a_building_stands_beside_the_earlier_one(
    world: World, client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    earlier = {**BUILDING, "area_m2": 100, "valid_to": "2026-01-01"}
    later = {**BUILDING, "area_m2": 200, "valid_from": "2026-01-01"}
    for entry in (earlier, later):
        assert (await client.put(PLACE, json=entry, headers=administrator)).status_code == 200
    assert [one.area_m2 for one in entered(world).buildings] == [8000, 100, 200]
    gone = await client.delete(PLACE, params={"valid_from": "2026-01-01"}, headers=administrator)
    assert gone.json()["area_m2"] == 200
    overlapping = await client.put(PLACE, json={**later, "valid_from": "2025-06-01"}, headers=administrator)
    assert (overlapping.status_code, overlapping.json()["code"]) == (422, "import.mistake.validity_twice")


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"area_m2": 0}, "area_m2", "not_positive"),
        ({"area_m2": "gross"}, "area_m2", "not_a_number"),
        ({"persons": 1.5}, "persons", "not_whole"),
        ({"persons": -1}, "persons", "too_small"),
        ({"name_en": " "}, "name_en", "missing"),
        ({"compound": "campus"}, "compound", "not_entered"),
        ({"use": "Büro"}, "use", "not_of_form_code"),
        ({"valid_from": "2026-02-30"}, "valid_from", "not_a_day"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to", "validity_backwards"),
        ({"storeys": 4}, "storeys", "column_unknown"),
    ],
)
async def test_refused_form_says_which_field_and_why(
    world: World,
    client: httpx.AsyncClient,
    administrator: dict[str, str],
    change: dict[str, Any],
    column: str,
    code: str,
) -> None:
    before = entered(world)
    refused = await client.put(PLACE, json={**BUILDING, **change}, headers=administrator)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, f"import.mistake.{code}")
    assert problem["facts"]["column"] == column
    assert "?" not in problem["detail"]
    assert entered(world) == before


async def test_what_is_still_used_or_unknown_cannot_be_removed(
    client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    used = await client.delete("/institutions/office/compounds/county", headers=administrator)
    assert (used.status_code, used.json()["facts"]["place"]) == (422, "buildings.building-a.compound")
    for place in ("buildings/building-z", "compounds/campus"):
        gone = await client.delete(f"/institutions/office/{place}", headers=administrator)
        assert gone.status_code == 404
    unknown = await client.delete("/institutions/office/wings/a", headers=administrator)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "error.part_unknown")


async def test_institution_itself_is_changed_but_keeps_its_id(
    world: World, client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    head = {"name_zh": "机关", "name_en": "Office", "class": "Education", "region": "330127", "climate_zone": "cold"}
    saved = await client.put("/institutions/office", json=head, headers=administrator)
    assert (saved.json()["class"], entered(world).institution.name["zh-CN"]) == ("education", "机关")
    assert entered(world).institution.superior_id is None
    moved = await client.put("/institutions/office", json={**head, "id": "other"}, headers=administrator)
    assert (moved.status_code, moved.json()["code"]) == (422, "import.mistake.other_institution")


async def test_compound_of_another_institution_is_not_taken(
    world: World, client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    entry = {"name_zh": "院", "name_en": "C"}
    taken = await client.put("/institutions/office/compounds/campus", json=entry, headers=administrator)
    assert (taken.status_code, taken.json()["code"]) == (409, "error.compound_taken")
    assert [one.compound_id for one in entered(world).compounds] == ["county"]


async def test_workbook_goes_out_and_its_changes_come_back(
    world: World, client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    before = entered(world)
    answer = await client.get("/institutions/office/workbook", headers=administrator)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    book["Buildings"].append(["building-c", "county", "丙楼", "House C", "office", 700])
    content = io.BytesIO()
    book.save(content)
    files = {"file": ("office.xlsx", content.getvalue())}
    place = "/institutions/office/workbook"
    dry = await client.post(place, params={"dry_run": "true"}, files=files, headers=administrator)
    assert dry.json() == {"mistake_count": 0, "mistakes": [], "is_entered": False}
    assert entered(world) == before
    assert (await client.post(place, files=files, headers=administrator)).json()["is_entered"] is True
    assert [one.building_id for one in entered(world).buildings] == ["building-a", "building-c"]
    assert world.services.audit.recent({"office"}, limit=1)[0].action == "institution.import"


async def test_wrong_workbook_changes_nothing_and_lists_its_mistakes(
    world: World, client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    before = entered(world)
    book = openpyxl.load_workbook(io.BytesIO(write_institution(before, "en")))
    book["Buildings"]["B4"], book["Buildings"]["F4"] = "campus", -3
    content = io.BytesIO()
    book.save(content)
    place, files = "/institutions/office/workbook", {"file": ("office.xlsx", content.getvalue())}
    refused = await client.post(place, files=files, headers=administrator)
    assert (refused.status_code, refused.json()["code"]) == (422, "error.institution_mistakes")
    assert [(one["sheet"], one["row"], one["column"]) for one in refused.json()["facts"]["mistakes"]] == [
        ("Buildings", 4, "Area (m2)")
    ]
    dry = await client.post(place, params={"dry_run": "true"}, files=files, headers=administrator)
    assert dry.json()["mistake_count"] == 1
    school = world.services.institutions.model("school")
    other = {"file": ("school.xlsx", write_institution(school, "zh-CN"))}
    foreign = await client.post(place, files=other, headers=administrator)
    assert foreign.json()["facts"]["mistakes"][0]["code"] == "other_institution"
    assert entered(world) == before
