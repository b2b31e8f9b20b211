"""The institution model: who, where and what every reading, event, record and request is about.

Area, persons and validity come from here. An unknown figure is None ("to be completed"), never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cloud.core.access import Role
from foundation.texts import Language

UNASSIGNED = "unassigned"
"""Institution id of what arrives from a compound that no institution has entered yet."""

Names = Mapping[Language, str]
"""A name in every language; `names[language]`."""


class InstitutionClass(StrEnum):
    """Classes of the national energy statistics: state organ, kinds of public institution, association."""

    STATE_ORGAN = "state_organ"
    EDUCATION = "education"
    SCIENCE = "science"
    CULTURE = "culture"
    HEALTH = "health"
    SPORT = "sport"
    OTHER_PUBLIC = "other_public"
    ASSOCIATION = "association"


class ClimateZone(StrEnum):
    """Thermal design zones of GB 50176."""

    SEVERE_COLD = "severe_cold"
    COLD = "cold"
    HOT_SUMMER_COLD_WINTER = "hot_summer_cold_winter"
    HOT_SUMMER_WARM_WINTER = "hot_summer_warm_winter"
    MILD = "mild"


class SubjectKind(StrEnum):
    INSTITUTION = "institution"
    COMPOUND = "compound"
    BUILDING = "building"
    ROOM = "room"
    DEPARTMENT = "department"
    PERSON = "person"
    ASSET = "asset"
    VEHICLE = "vehicle"
    DEVICE = "device"
    NODE = "node"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What something is about, within one institution; as text `building:building-a`, `vehicle:car-01`."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Subject:
        """Read the text form; an unknown kind or an empty id raises ValueError."""
        kind, _, identifier = text.partition(":")
        if not identifier:
            raise ValueError(f"not a subject: {text!r}")
        return cls(SubjectKind(kind), identifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Holds from `valid_from` on and no longer on `valid_to`; None is open."""

    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        return (self.valid_from or date.min) <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution(Dated):
    """A public body; `region` is its six-digit administrative code (GB/T 2260)."""

    institution_id: str
    name: Names
    institution_class: InstitutionClass
    region: str
    climate_zone: ClimateZone
    superior_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound(Dated):
    """A fenced site; its id is the Sparkplug group of its edge nodes, unique over all institutions."""

    compound_id: str
    name: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Building(Dated):
    """`use` is a code such as `office`; persons are those who work there, visitors not counted."""

    building_id: str
    compound_id: str
    name: Names
    use: str
    area_m2: float | None = None
    heated_area_m2: float | None = None
    persons: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room(Dated):
    room_id: str
    building_id: str
    name: Names
    use: str
    area_m2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Department(Dated):
    department_id: str
    name: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Dated):
    """A post and its role, not a biography."""

    person_id: str
    role: Role
    department_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Dated):
    asset_id: str
    name: Names
    category: str
    building_id: str | None = None
    room_id: str | None = None
    department_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle(Dated):
    """`device_id` is its tracker; `energy` a code such as `petrol` or `electric`."""

    vehicle_id: str
    name: Names
    energy: str
    device_id: str | None = None
    department_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Dated):
    """Where an installed device stands and what it measures; `sub_item` is a code such as `01A`."""

    device_id: str
    compound_id: str
    name: Names
    building_id: str | None = None
    room_id: str | None = None
    department_id: str | None = None
    sub_item: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionModel:
    """Everything entered about one institution. One id may stand several times, valid at different times."""

    institution: Institution
    compounds: tuple[Compound, ...] = ()
    buildings: tuple[Building, ...] = ()
    rooms: tuple[Room, ...] = ()
    departments: tuple[Department, ...] = ()
    persons: tuple[Person, ...] = ()
    assets: tuple[Asset, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    devices: tuple[Device, ...] = ()
