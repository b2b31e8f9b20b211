"""What must hold between the parts of one institution model: references lead somewhere, validities do not overlap."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from cloud.core.institution import Dated, InstitutionModel
from foundation.texts import Language, load_texts


@dataclass(frozen=True, slots=True)
class Mistake:
    """One broken rule: of which entry of a part, by its place there, and in which field (empty: the whole entry).

    `code` names the text `import.mistake.<code>`, `facts` are its values.
    """

    part: str
    place: int
    identifier: str
    field: str
    code: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def key(self) -> str:
        """Where it stands, such as `buildings.building-a.compound`."""
        return ".".join(one for one in (self.part, self.identifier, self.field) if one)

    def reason(self, language: Language) -> str:
        """Why, as one sentence."""
        return load_texts()(f"import.mistake.{self.code}", language, **self.facts)


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


Versions = Sequence[tuple[int, Dated]]
"""Entries of the same id, each with its place in the part."""


def mistakes(model: InstitutionModel) -> Iterator[Mistake]:
    """All mistakes, in the order of the parts."""
    known = {identity: {getattr(one, identity) for one in getattr(model, part)} for part, identity in PARTS}
    yield from _validity("institution", "", [(0, model.institution)])
    for part, identity in PARTS:
        versions: dict[str, list[tuple[int, Dated]]] = defaultdict(list)
        for place, one in enumerate(getattr(model, part)):
            name = getattr(one, identity)
            versions[name].append((place, one))
            for field, facts in _references(one, identity, known):
                yield Mistake(part, place, name, field, "not_entered", facts)
        for name, dated in versions.items():
            yield from _validity(part, name, dated)


def _references(one: object, identity: str, known: dict[str, set[str]]) -> Iterator[tuple[str, dict[str, object]]]:
    for _, field in PARTS:
        # A tracker may be known from its birth alone.
        if field in (identity, "device_id"):
            continue
        target = getattr(one, field, None)
        if target is not None and target not in known[field]:
            yield field.removesuffix("_id"), {"given": target, "known": ", ".join(sorted(known[field])) or "-"}


def _validity(part: str, name: str, versions: Versions) -> Iterator[Mistake]:
    for place, one in versions:
        if one.valid_from and one.valid_to and one.valid_to <= one.valid_from:
            yield Mistake(part, place, name, "valid_to", "validity_backwards")
    ordered = sorted(versions, key=lambda version: version[1].valid_from or date.min)
    for (_, earlier), (place, later) in pairwise(ordered):
        if (later.valid_from or date.min) < (earlier.valid_to or date.max):
            yield Mistake(part, place, name, "", "validity_twice")
