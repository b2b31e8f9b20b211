"""Institution models: a small one with something in every part, and strategies for those of every shape."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from cloud.core.access import Role
from cloud.core.institution import (
    Asset,
    Building,
    ClimateZone,
    Compound,
    Department,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
    Person,
    Room,
    Vehicle,
)

IDS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(lambda one: one != "unassigned")
CODES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
_WORDS = st.text(st.sampled_from("甲乙丙丁楼室 abcXYZ=+-@'\"<&0123"), min_size=1, max_size=8)
WORDS = _WORDS.map(str.strip).filter(bool)
NAMES = st.fixed_dictionaries({"zh-CN": WORDS, "en": WORDS})
AREAS = st.none() | st.integers(1, 10**8).map(lambda hundredths: hundredths / 100)
DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))

NAME: Names = {"zh-CN": "甲", "en": "A"}
_HOUSE: dict[str, Any] = {"building_id": "b", "compound_id": "county", "name": NAME, "use": "office", "persons": 210}
OFFICE = InstitutionModel(
    institution=Institution(
        institution_id="office",
        name=NAME,
        institution_class=InstitutionClass.STATE_ORGAN,
        region="033012",
        climate_zone=ClimateZone.HOT_SUMMER_COLD_WINTER,
        superior_id="city",
        valid_from=date(2020, 1, 1),
    ),
    compounds=(Compound(compound_id="county", name=NAME),),
    buildings=(
        Building(**_HOUSE, area_m2=80.5, valid_to=date(2026, 1, 1)),
        Building(**_HOUSE, area_m2=90, valid_from=date(2026, 1, 1)),
    ),
    rooms=(Room(room_id="101", building_id="b", name=NAME, use="office", area_m2=20),),
    departments=(Department(department_id="finance", name=NAME),),
    persons=(Person(person_id="p-1", role=Role.AUDITOR, department_id="finance"),),
    assets=(Asset(asset_id="pump-1", name=NAME, category="pump", building_id="b", room_id="101"),),
    vehicles=(Vehicle(vehicle_id="car-01", name=NAME, energy="petrol", device_id="tracker-1"),),
    devices=(Device(device_id="a-main", compound_id="county", name=NAME, building_id="b", sub_item="01"),),
)
"""Something in every part, and a building that changed."""


def _some(ids: list[str]) -> Any:
    return st.none() | st.sampled_from(ids) if ids else st.none()


@st.composite
def _validity(draw: st.DrawFn) -> dict[str, date | None]:
    first, last = draw(st.none() | DAYS), draw(st.none() | DAYS)
    return {"valid_from": first, "valid_to": last if last is None or first is None or last > first else None}


@st.composite
def _many(draw: st.DrawFn, kind: Any, identity: str, ids: Any, least: int = 0, **fields: Any) -> tuple[Any, ...]:
    names = draw(st.lists(ids, min_size=least, max_size=3, unique=True))
    made = []
    for name in names:
        rest = {field: draw(values) for field, values in fields.items()}
        made.append(kind(**{identity: name}, **rest, **draw(_validity())))
    return tuple(made)


@st.composite
def models(draw: st.DrawFn) -> InstitutionModel:
    """A whole model, whose references lead somewhere and whose validities do not overlap."""
    compounds = draw(_many(Compound, "compound_id", IDS, 1, name=NAMES))
    groups = st.sampled_from([one.compound_id for one in compounds])
    buildings = draw(
        _many(
            Building, "building_id", IDS, compound_id=groups, name=NAMES, use=CODES, area_m2=AREAS,
            heated_area_m2=st.none() | st.just(0.0) | AREAS, persons=st.none() | st.integers(0, 9999),
        )
    )  # fmt: skip
    houses = [one.building_id for one in buildings]
    rooms = draw(
        _many(Room, "room_id", IDS, building_id=st.sampled_from(houses), name=NAMES, use=CODES, area_m2=AREAS)
        if houses
        else st.just(())
    )
    departments = draw(_many(Department, "department_id", CODES, name=NAMES))
    some_house, some_room = _some(houses), _some([one.room_id for one in rooms])
    some_department = _some([one.department_id for one in departments])
    place: dict[str, Any] = {"building_id": some_house, "room_id": some_room, "department_id": some_department}
    sub_items = st.none() | st.from_regex(r"[0-9]{2}[A-Z0-9]{0,6}", fullmatch=True)
    roles = st.sampled_from(Role)
    return InstitutionModel(
        institution=Institution(
            institution_id=draw(IDS),
            name=draw(NAMES),
            institution_class=draw(st.sampled_from(InstitutionClass)),
            region=draw(st.from_regex(r"[0-9]{6}", fullmatch=True)),
            climate_zone=draw(st.sampled_from(ClimateZone)),
            superior_id=draw(st.none() | IDS),
            **draw(_validity()),
        ),
        compounds=compounds,
        buildings=buildings,
        rooms=rooms,
        departments=departments,
        persons=draw(_many(Person, "person_id", IDS, role=roles, department_id=some_department)),
        assets=draw(_many(Asset, "asset_id", IDS, name=NAMES, category=CODES, **place)),
        vehicles=draw(
            _many(Vehicle, "vehicle_id", IDS, name=NAMES, energy=CODES, device_id=st.none() | IDS,
                  department_id=some_department)
        ),
        devices=draw(_many(Device, "device_id", IDS, compound_id=groups, name=NAMES, sub_item=sub_items, **place)),
    )  # fmt: skip
