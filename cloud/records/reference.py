"""What records may refer to: the buildings, departments and vehicles that are known, by id or by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cloud.core.department import Departments
from cloud.core.import_mistake import WrongCell
from cloud.core.institution import InstitutionModel, Names
from cloud.core.sheet_header import plain
from cloud.records.kind import Reference

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Known:
    """Ids by what they may be called; a name that two of them share calls none."""

    ids: Mapping[Reference, Mapping[str, str]]

    def find(self, what: Reference, called: str) -> str:
        """The id of the one called so; raises WrongCell naming those that are known."""
        found = self.ids[what].get(plain(called))
        if found is None:
            known = sorted(set(self.ids[what].values()))
            more = ["..."] if len(known) > MOST_NAMED else []
            raise WrongCell(f"unknown_{what}", given=called, known=", ".join(known[:MOST_NAMED] + more) or "-")
        return found


def known_of(model: InstitutionModel, departments: Departments, vehicle_ids: Collection[str] = ()) -> Known:
    """What an institution has entered, the departments of the manifests, and the vehicles of its vehicle book."""
    own = [(one.department_id, one.name) for one in model.departments]
    given = [(one.id, one.name) for one in departments.all()]
    vehicles = [(one.vehicle_id, one.name) for one in model.vehicles]
    return Known(
        {
            "building": _called((one.building_id, one.name) for one in model.buildings),
            "department": _called([*given, *own]),
            "vehicle": _called([*vehicles, *((one, {}) for one in vehicle_ids)]),
        }
    )


def _called(parts: Iterable[tuple[str, Names]]) -> dict[str, str]:
    ids: dict[str, str] = {}
    by_name: dict[str, set[str]] = {}
    for identifier, names in parts:
        ids[plain(identifier)] = identifier
        for name in names.values():
            by_name.setdefault(plain(name), set()).add(identifier)
    return {name: min(called) for name, called in by_name.items() if len(called) == 1} | ids
