"""RecordKind: what one kind of record holds, one YAML file of `cloud/records/kinds`."""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from foundation.texts import Language

FOLDER = Path(__file__).parent / "kinds"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FieldType = Literal["text", "choice", "integer", "number", "money", "day", "time", "flag"]
Level = Literal["L1", "L2", "L3", "L4", "L5"]
Reference = Literal["building", "department", "vehicle"]


class RecordField(FrozenModel):
    """One column. `money` is yuan in a file and whole fen in a record; `unit` is shown; `level` who may see it.

    A field that `refers_to` a part of the institution model holds the id of one that is entered there.
    """

    type: FieldType
    label: dict[Language, str] = Field(min_length=2)
    required: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    level: Level = "L2"
    refers_to: Reference | None = None


class RecordKind(FrozenModel):
    """`key` are the fields that tell one row from another; `subject` is a template such as `building:{building}`.

    `start` and `end` name the fields (day or time) between which a row holds; the day of `end` is included. Without
    `end` it happened at `start`; without `start` it is a line of a register and holds always.
    """

    id: Code
    name: dict[Language, str] = Field(min_length=2)
    department: Code
    key: tuple[Code, ...] = Field(min_length=1)
    subject: str
    start: Code | None = None
    end: Code | None = None
    fields: dict[Code, RecordField] = Field(min_length=1)


@cache
def load_kinds(folder: Path = FOLDER) -> dict[str, RecordKind]:
    """Every kind by id; a file not named after its id, or names that do not fit its fields, raise ConfigError."""
    kinds: dict[str, RecordKind] = {}
    for path in sorted(folder.glob("*.yaml")):
        kind = read_model(RecordKind, path)
        for key, reason in _problems(kind, path.stem):
            raise ConfigError(path, key, reason)
        kinds[kind.id] = kind
    return kinds


def subject_field(kind: RecordKind) -> str | None:
    """The field that the template of the subject asks for, None when it asks for none."""
    return next((name for _, name, _, _ in string.Formatter().parse(kind.subject) if name), None)


def _problems(kind: RecordKind, stem: str) -> Iterator[tuple[str, str]]:
    if kind.id != stem:
        yield "id", f"{kind.id} belongs in a file named {kind.id}.yaml"
    times = [name for name in (kind.start, kind.end) if name]
    for name in sorted({*kind.key, *times, subject_field(kind) or kind.key[0]} - set(kind.fields)):
        yield "fields", f"{name} is used but not given"
    for name in (*kind.key, *times):
        if not kind.fields[name].required:
            yield f"fields.{name}.required", "a key, start or end must be"
    for name in times:
        if kind.fields[name].type not in ("day", "time"):
            yield f"fields.{name}.type", "a start or end is a day or a time"
    for name, field in kind.fields.items():
        if (field.type == "choice") != bool(field.choices):
            yield f"fields.{name}.choices", "belong to a choice, and only there"
