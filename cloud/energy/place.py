"""The places of an account: the whole institution and each building, with area, persons and main meters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cloud.core.calendar import day_start_ms
from cloud.core.institution import Building, Device, InstitutionModel, Subject, SubjectKind
from cloud.energy.carrier import Carrier
from cloud.energy.sub_items import sub_item


@dataclass(frozen=True, slots=True)
class Place:
    """`building_id` None is the whole institution. Unknown area or persons are None, never 0."""

    subject: str
    building_id: str | None
    area_m2: Decimal | None
    persons: int | None
    heated_area_m2: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MainMeter:
    """A meter that counts all of a carrier at its building, or at its compound when `building_id` is None.

    It counts from `start_ms` until `end_ms`: its own validity within the span asked for.
    """

    carrier: Carrier
    compound_id: str
    device_id: str
    building_id: str | None
    start_ms: int
    end_ms: int


def whole_place(model: InstitutionModel, day: date) -> Place:
    """The institution with everything valid on `day`; one unknown area makes the sum unknown."""
    buildings = buildings_on(model, day)
    areas = [one.area_m2 for one in buildings]
    heated = [one.heated_area_m2 for one in buildings]
    persons = [one.persons for one in buildings]
    known_areas = [_decimal(one) for one in areas if one is not None]
    known_persons = [one for one in persons if one is not None]
    return Place(
        subject=str(Subject(SubjectKind.INSTITUTION, model.institution.institution_id)),
        building_id=None,
        area_m2=sum(known_areas, Decimal(0)) if known_areas and len(known_areas) == len(areas) else None,
        persons=sum(known_persons) if known_persons and len(known_persons) == len(persons) else None,
        heated_area_m2=None if None in heated else sum((_decimal(one) for one in heated if one), Decimal(0)),
    )


def building_places(model: InstitutionModel, day: date) -> list[Place]:
    """Every building valid on `day`."""
    return [
        Place(
            subject=str(Subject(SubjectKind.BUILDING, one.building_id)),
            building_id=one.building_id,
            area_m2=None if one.area_m2 is None else _decimal(one.area_m2),
            persons=one.persons,
            heated_area_m2=None if one.heated_area_m2 is None else _decimal(one.heated_area_m2),
        )
        for one in buildings_on(model, day)
    ]


def buildings_on(model: InstitutionModel, day: date) -> list[Building]:
    return [one for one in model.buildings if one.is_valid_on(day)]


def main_meters(model: InstitutionModel, start_ms: int, end_ms: int) -> list[MainMeter]:
    """Main meters that count in some part of start <= time < end."""
    return [meter for device in model.devices for meter in _main_meter(device, start_ms, end_ms)]


def meters_of(meters: list[MainMeter], carrier: Carrier, building_id: str | None) -> list[MainMeter]:
    """The meters whose sum is the use at a place, each drop counted once.

    For the whole institution: a compound's own main meters where it has some, the main meters of its buildings else.
    """
    mine = [one for one in meters if one.carrier is carrier]
    if building_id is not None:
        return [one for one in mine if one.building_id == building_id]
    with_site_main = {one.compound_id for one in mine if one.building_id is None}
    return [one for one in mine if one.building_id is None or one.compound_id not in with_site_main]


def _main_meter(device: Device, start_ms: int, end_ms: int) -> Iterator[MainMeter]:
    item = sub_item(device.sub_item)
    if item is None or item.carrier is None or item.code != device.sub_item or not item.is_main:
        return
    begins = max(start_ms, day_start_ms(device.valid_from)) if device.valid_from else start_ms
    ends = min(end_ms, day_start_ms(device.valid_to)) if device.valid_to else end_ms
    if begins < ends:
        yield MainMeter(item.carrier, device.compound_id, device.device_id, device.building_id, begins, ends)


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
