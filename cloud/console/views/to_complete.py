"""What nobody has entered about an institution yet, and what cannot be told without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from cloud.core.institution import Dated, InstitutionModel, Names
from cloud.core.ports import RegisteredDevice

MISSING_FIGURES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("buildings", "building_id", ("area_m2", "heated_area_m2", "persons")),
    ("rooms", "room_id", ("area_m2",)),
    ("vehicles", "vehicle_id", ("device_id",)),
)
"""By part of the model and its identity the figures without which something stays unknown."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One missing figure: `field` of `identifier` in `part`. The text `console.gap.<part>.<field>` says the reason."""

    part: str
    identifier: str
    name: Names | None
    field: str


def gaps_of(model: InstitutionModel, today: date, seen: Collection[RegisteredDevice] = ()) -> tuple[Gap, ...]:
    """Over the entries that are valid today, then devices that report and are not entered."""
    return tuple(_gaps(model, today, seen))


def missing_fields(part: str, entry: Dated) -> tuple[str, ...]:
    """The wanted figures that this entry lacks."""
    wanted = next((fields for of_part, _, fields in MISSING_FIGURES if of_part == part), ())
    return tuple(field for field in wanted if getattr(entry, field) is None)


def _gaps(model: InstitutionModel, today: date, seen: Collection[RegisteredDevice]) -> Iterator[Gap]:
    institution = model.institution
    if institution.superior_id is None:
        yield Gap("institution", institution.institution_id, institution.name, "superior_id")
    for part, identity, _ in MISSING_FIGURES:
        for entry in getattr(model, part):
            for field in missing_fields(part, entry) if entry.is_valid_on(today) else ():
                yield Gap(part, getattr(entry, identity), entry.name, field)
    entered = {(one.compound_id, one.device_id) for one in model.devices if one.is_valid_on(today)}
    for device in seen:
        if (device.group, device.device) not in entered:
            yield Gap("devices", device.device, None, "not_entered")
