"""The file `institution.yaml`, in which one institution is entered by hand, turned into its model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from cloud.core.access import Role
from cloud.core.institution import (
    UNASSIGNED,
    Asset,
    Building,
    ClimateZone,
    Compound,
    Dated,
    Department,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Person,
    Room,
    Vehicle,
)
from cloud.core.institution_check import PARTS, mistakes
from device_profiles.identifiers import Id
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from foundation.texts import LANGUAGES, Language

Entity = TypeVar("Entity", bound=Dated)

CODE_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
SUB_ITEM_PATTERN = r"^[0-9]{2}[A-Z0-9]{0,6}$"
REGION_PATTERN = r"^\d{6}$"


def _every_language(names: dict[Language, str]) -> dict[Language, str]:
    missing = [language for language in LANGUAGES if not names.get(language, "").strip()]
    if missing:
        raise ValueError(f"needs a name in {missing[0]}")
    return names


def _not_reserved(identifier: str) -> str:
    if identifier == UNASSIGNED:
        raise ValueError(f"{UNASSIGNED!r} is kept for compounds that nobody has entered")
    return identifier


Names = Annotated[dict[Language, str], AfterValidator(_every_language)]
Code = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
SubItem = Annotated[str, StringConstraints(pattern=SUB_ITEM_PATTERN)]
Region = Annotated[str, StringConstraints(pattern=REGION_PATTERN)]


class DatedEntry(FrozenModel):
    """`valid_from` is the first day, `valid_to` the first day no longer."""

    valid_from: date | None = None
    valid_to: date | None = None


class CompoundEntry(DatedEntry):
    compound_id: Id = Field(alias="id")
    name: Names


class BuildingEntry(DatedEntry):
    building_id: Id = Field(alias="id")
    compound_id: Id = Field(alias="compound")
    name: Names
    use: Code
    area_m2: float | None = Field(None, gt=0)
    heated_area_m2: float | None = Field(None, ge=0)
    persons: int | None = Field(None, ge=0)


class RoomEntry(DatedEntry):
    room_id: Id = Field(alias="id")
    building_id: Id = Field(alias="building")
    name: Names
    use: Code
    area_m2: float | None = Field(None, gt=0)


class DepartmentEntry(DatedEntry):
    department_id: Code = Field(alias="id")
    name: Names


class PersonEntry(DatedEntry):
    person_id: Id = Field(alias="id")
    role: Role
    department_id: Code | None = Field(None, alias="department")


class AssetEntry(DatedEntry):
    asset_id: Id = Field(alias="id")
    name: Names
    category: Code
    building_id: Id | None = Field(None, alias="building")
    room_id: Id | None = Field(None, alias="room")
    department_id: Code | None = Field(None, alias="department")


class VehicleEntry(DatedEntry):
    vehicle_id: Id = Field(alias="id")
    name: Names
    energy: Code
    device_id: Id | None = Field(None, alias="device")
    department_id: Code | None = Field(None, alias="department")


class DeviceEntry(DatedEntry):
    device_id: Id = Field(alias="id")
    compound_id: Id = Field(alias="compound")
    name: Names
    building_id: Id | None = Field(None, alias="building")
    room_id: Id | None = Field(None, alias="room")
    department_id: Code | None = Field(None, alias="department")
    sub_item: SubItem | None = None


class InstitutionEntry(DatedEntry):
    """The institution itself."""

    institution_id: Annotated[Id, AfterValidator(_not_reserved)] = Field(alias="id")
    name: Names
    institution_class: InstitutionClass = Field(alias="class")
    region: Region
    climate_zone: ClimateZone
    superior_id: Id | None = Field(None, alias="superior")


class InstitutionFile(InstitutionEntry):
    """The whole file: the institution itself on the top level, its parts as lists."""

    schema_: Literal["xietong.institution/1"] = Field(alias="schema")
    compounds: tuple[CompoundEntry, ...] = Field(min_length=1)
    buildings: tuple[BuildingEntry, ...] = ()
    rooms: tuple[RoomEntry, ...] = ()
    departments: tuple[DepartmentEntry, ...] = ()
    persons: tuple[PersonEntry, ...] = ()
    assets: tuple[AssetEntry, ...] = ()
    vehicles: tuple[VehicleEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()

    def model(self) -> InstitutionModel:
        """The model; references between its parts are not checked here."""
        # Each entity is of its part's class, as ENTRIES says.
        parts: dict[str, Any] = {part: tuple(entity(part, entry) for entry in getattr(self, part)) for part, _ in PARTS}
        return InstitutionModel(institution=_as(Institution, self), **parts)


ENTRIES: Mapping[str, tuple[type[DatedEntry], type[Dated]]] = {
    "institution": (InstitutionEntry, Institution),
    "compounds": (CompoundEntry, Compound),
    "buildings": (BuildingEntry, Building),
    "rooms": (RoomEntry, Room),
    "departments": (DepartmentEntry, Department),
    "persons": (PersonEntry, Person),
    "assets": (AssetEntry, Asset),
    "vehicles": (VehicleEntry, Vehicle),
    "devices": (DeviceEntry, Device),
}
"""By part of the model: how one of it is entered, and what it becomes."""


def entity(part: str, entry: DatedEntry) -> Dated:
    """What an entry of a part becomes."""
    return _as(ENTRIES[part][1], entry)


def read_institution(path: Path) -> InstitutionModel:
    """A checked institution file; the first mistake raises ConfigError with file, key and reason."""
    model = read_model(InstitutionFile, path).model()
    for mistake in mistakes(model):
        raise ConfigError(path, mistake.key, mistake.reason("en"))
    return model


def _as(kind: type[Entity], entry: DatedEntry) -> Entity:
    return kind(**{field.name: getattr(entry, field.name) for field in dataclasses.fields(kind)})
