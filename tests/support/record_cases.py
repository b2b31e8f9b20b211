"""How the access table calls the routes of records and of the institution model."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from cloud.core.institution import Building
from cloud.core.institution_workbook import write_institution
from tests.support.cloud_world import GROUPS, World

_NUMBERS = count()
READING = {"meter": "w-2", "carrier": "water", "read_on": "2026-09-01", "reading": 12.5, "unit": "m3"}
READINGS_CSV = "表号,能源种类,抄表日,示数,单位\nw-1,水,2026-09-01,12.5,m3\n".encode()


def readings(world: World, institution_id: str) -> dict[str, Any]:
    """The hand readings of an institution."""
    return {"params": {"kind": "hand_reading", "institution": institution_id}}


def file_of_readings(world: World, institution_id: str) -> dict[str, Any]:
    """A file of hand readings."""
    return readings(world, institution_id) | {"files": {"file": ("readings.csv", READINGS_CSV)}}


def rows_of_readings(world: World, institution_id: str) -> dict[str, Any]:
    """Hand readings that a program sends."""
    return readings(world, institution_id) | {"json": [READING]}


def template(world: World, institution_id: str) -> dict[str, Any]:
    """The workbook of hand readings, which is the same for everybody."""
    return {"path": {"kind": "hand_reading"}}


def institution(world: World, institution_id: str) -> dict[str, Any]:
    """The institution itself, as a form gives it."""
    names = {"name_zh": "机关", "name_en": "Place"}
    entry = {**names, "class": "state_organ", "region": "330127", "climate_zone": "hot_summer_cold_winter"}
    return {"path": {"institution_id": institution_id}, "json": {**entry, "superior": "city"}}


def workbook(world: World, institution_id: str) -> dict[str, Any]:
    """The model of an institution as it is, handed in again."""
    content = write_institution(world.services.institutions.model(institution_id), "zh-CN")
    return {"path": {"institution_id": institution_id}, "files": {"file": ("model.xlsx", content)}}


def building(world: World, institution_id: str) -> dict[str, Any]:
    """A new building, as a form gives it."""
    path = {"institution_id": institution_id, "part": "buildings", "identifier": "building-n"}
    group = GROUPS[institution_id]
    return {"path": path, "json": {"compound": group, "name_zh": "新楼", "name_en": "New", "use": "meeting"}}


def unused_building(world: World, institution_id: str) -> dict[str, Any]:
    """A building that nothing refers to."""
    model, identifier = world.services.institutions.model(institution_id), f"building-{next(_NUMBERS)}"
    assert model is not None
    names = {"zh-CN": "旧楼", "en": "Old"}
    old = Building(building_id=identifier, compound_id=GROUPS[institution_id], name=names, use="store")
    world.services.institutions.save(replace(model, buildings=(*model.buildings, old)))
    return {"path": {"institution_id": institution_id, "part": "buildings", "identifier": identifier}}
