"""What must hold between the parts of one institution model: references lead somewhere, validities do not overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from cloud.core.institution import Dated, InstitutionModel


@dataclass(frozen=True, slots=True)
class Mistake:
    """One broken rule; `key` is where it stands, such as `buildings.building-a.compound`."""

    key: str
    reason: str


PARTS: tuple[tuple[str, str], ...] = (
    ("compounds", "compound_id"),
    ("buildings", "building_id"),
    ("rooms", "room_id"),
    ("departments", "department_id"),
    ("persons", "person_id"),
    ("assets", "asset_id"),
    ("vehicles", "vehicle_id"),
    ("devices", "device_id"),
)
"""Every part of the model and the field that is its identity."""


def mistakes(model: InstitutionModel) -> Iterator[Mistake]:
    """All mistakes, in the order of the parts."""
    known = {identity: {getattr(one, identity) for one in getattr(model, part)} for part, identity in PARTS}
    yield from _validity("institution", [model.institution])
    for part, identity in PARTS:
        versions: dict[str, list[Dated]] = defaultdict(list)
        for one in getattr(model, part):
            name = getattr(one, identity)
            versions[name].append(one)
            yield from _references(f"{part}.{name}", one, identity, known)
        for name, dated in versions.items():
            yield from _validity(f"{part}.{name}", dated)


def _references(where: str, one: object, identity: str, known: dict[str, set[str]]) -> Iterator[Mistake]:
    for _, field in PARTS:
        # A tracker may be known from its birth alone.
        if field in (identity, "device_id"):
            continue
        target = getattr(one, field, None)
        if target is not None and target not in known[field]:
            yield Mistake(f"{where}.{field.removesuffix('_id')}", f"{target!r} is not entered")


def _validity(where: str, versions: Sequence[Dated]) -> Iterator[Mistake]:
    for one in versions:
        if one.valid_from and one.valid_to and one.valid_to <= one.valid_from:
            yield Mistake(f"{where}.valid_to", "must be later than valid_from")
    ordered = sorted(versions, key=lambda one: one.valid_from or date.min)
    for earlier, later in pairwise(ordered):
        if (later.valid_from or date.min) < (earlier.valid_to or date.max):
            yield Mistake(where, "is given twice for the same time")
