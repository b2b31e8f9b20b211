"""Tables of the institution model: columns are named as the fields of its values; one id may have several versions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.tables import METADATA, enum_type, row_id, text
from cloud.core.access import Role
from cloud.core.institution import (
    Asset,
    Building,
    ClimateZone,
    Compound,
    Dated,
    Department,
    Device,
    InstitutionClass,
    Person,
    Room,
    Vehicle,
)


def _dated() -> tuple[sa.Column[Any], ...]:
    return (sa.Column("valid_from", sa.Date), sa.Column("valid_to", sa.Date))


def _part(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, METADATA, row_id(), text("institution_id", index=True), *columns, *_dated())


def _reference(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _names() -> sa.Column[Any]:
    return sa.Column("name", sa.JSON, nullable=False)


institution = sa.Table(
    "institution",
    METADATA,
    text("institution_id", primary_key=True),
    _names(),
    sa.Column("institution_class", enum_type(InstitutionClass), nullable=False),
    text("region"),
    sa.Column("climate_zone", enum_type(ClimateZone), nullable=False),
    _reference("superior_id"),
    *_dated(),
)
compound = _part("compound", text("compound_id", index=True), _names())
building = _part(
    "building",
    text("building_id"),
    text("compound_id"),
    _names(),
    text("use"),
    sa.Column("area_m2", sa.Double),
    sa.Column("heated_area_m2", sa.Double),
    sa.Column("persons", sa.Integer),
)
room = _part(
    "room",
    text("room_id"),
    text("building_id"),
    _names(),
    text("use"),
    sa.Column("area_m2", sa.Double),
)
department = _part("department", text("department_id"), _names())
person = _part(
    "person", text("person_id"), sa.Column("role", enum_type(Role), nullable=False), _reference("department_id")
)
asset = _part(
    "asset",
    text("asset_id"),
    _names(),
    text("category"),
    _reference("building_id"),
    _reference("room_id"),
    _reference("department_id"),
)
vehicle = _part(
    "vehicle",
    text("vehicle_id"),
    _names(),
    text("energy"),
    _reference("device_id"),
    _reference("department_id"),
)
installed_device = _part(
    "installed_device",
    text("device_id"),
    text("compound_id"),
    _names(),
    _reference("building_id"),
    _reference("room_id"),
    _reference("department_id"),
    sa.Column("sub_item", sa.Text),
)

PARTS: tuple[tuple[str, sa.Table, type[Dated]], ...] = (
    ("compounds", compound, Compound),
    ("buildings", building, Building),
    ("rooms", room, Room),
    ("departments", department, Department),
    ("persons", person, Person),
    ("assets", asset, Asset),
    ("vehicles", vehicle, Vehicle),
    ("devices", installed_device, Device),
)
"""Field of InstitutionModel, its table, its value."""
