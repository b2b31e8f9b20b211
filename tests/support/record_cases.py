"""How the access table calls the routes of records and of the institution model."""

from __future__ import annotations

from typing import Any

from tests.support.cloud_world import World

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
