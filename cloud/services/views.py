"""The three views of the same data: staff, superior and public see the fields that their level allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from cloud.records.kind import Level, load_kinds
from cloud.services.catalogue import Mask, Service
from cloud.services.masks import masked
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model

LEVELS = Path(__file__).parent / "field_levels.yaml"

Row = Mapping[str, Any]


class Audience(StrEnum):
    STAFF = "staff"
    SUPERIOR = "superior"
    PUBLIC = "public"


class FieldLevel(FrozenModel):
    """Who may see a field, and how it looks to those who may see only part of it.

    `superior` when a superior sees it although it is of level L3.
    """

    level: Level
    mask: Mask | None = None
    superior: bool = False


class PublicRules(FrozenModel):
    """When a figure may be published; see `cloud.services.anonymity`."""

    least: int = Field(ge=2)
    least_trips: int = Field(ge=2)
    least_answers: int = Field(ge=2)
    most_share: float = Field(gt=0, lt=1)
    round_to: int = Field(ge=1)
    delay_days: int = Field(ge=1)
    months: int = Field(ge=1)


class FieldLevels(FrozenModel):
    views: dict[str, dict[str, FieldLevel]]
    masks: dict[str, dict[str, Mask]]
    public: PublicRules


@dataclass(frozen=True, slots=True)
class Clearance:
    """Departments whose internal matters, and whose matters of persons, somebody may see."""

    departments: frozenset[str] = frozenset()
    persons_of: frozenset[str] = frozenset()


@cache
def load_field_levels(path: Path = LEVELS) -> FieldLevels:
    """The file; a mask of a record field that does not exist raises ConfigError."""
    levels, kinds = read_model(FieldLevels, path), load_kinds()
    for kind, fields in levels.masks.items():
        for field in fields:
            if kind not in kinds or field not in kinds[kind].fields:
                raise ConfigError(path, f"masks.{kind}", f"{field} is no field of a record")
    return levels


def levels_of_records(kind: str) -> dict[str, FieldLevel]:
    """The levels of a record kind's fields, with their masks; an unknown kind raises KeyError."""
    masks = load_field_levels().masks.get(kind, {})
    return {
        name: FieldLevel(level=field.level, mask=masks.get(name)) for name, field in load_kinds()[kind].fields.items()
    }


def levels_of_service(service: Service) -> dict[str, FieldLevel]:
    """The levels of a request's inputs."""
    return {name: FieldLevel(level=field.level, mask=field.mask) for name, field in service.fields.items()}


def view_of(
    rows: Iterable[Row],
    levels: Mapping[str, FieldLevel],
    audience: Audience,
    *,
    owner: str = "",
    clearance: Clearance = Clearance(),
) -> list[dict[str, Any]]:
    """The rows with what this audience may see of them; `owner` is the department that the rows belong to.

    Fields of no known level and those of L5 are seen by nobody. Staff see L1 and L2, L3 of their departments, and of
    L4 what a mask leaves unless they answer for the owner's matters of persons. A superior sees L1, L2 and what is
    marked for superiors, the public L1 alone.
    """
    shown = {name: _manner(field, audience, owner, clearance) for name, field in levels.items()}
    return [
        {
            name: value if shown[name] == FULL else _part(levels[name], value)
            for name, value in row.items()
            if shown.get(name, NOTHING) != NOTHING
        }
        for row in rows
    ]


FULL, PART, NOTHING = "full", "part", "nothing"


def _manner(field: FieldLevel, audience: Audience, owner: str, clearance: Clearance) -> str:
    if field.level == "L1":
        return FULL
    if audience is Audience.PUBLIC or field.level == "L5":
        return NOTHING
    if field.level == "L2":
        return FULL
    if audience is Audience.SUPERIOR:
        return FULL if field.superior and field.level == "L3" else NOTHING
    if field.level == "L3":
        return FULL if owner in clearance.departments else NOTHING
    if owner in clearance.persons_of:
        return FULL
    return PART if field.mask is not None else NOTHING


def _part(field: FieldLevel, value: Any) -> Any:
    return masked(field.mask, value) if isinstance(value, str) and field.mask is not None else None
