"""RecordKind: what one kind of record holds, one YAML file of `cloud/records/kinds`."""

from __future__ import annotations

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


class RecordField(FrozenModel):
    """One column. `money` is yuan in a file and whole fen in a record; `unit` is shown; `level` who may see it."""

    type: FieldType
    label: dict[Language, str] = Field(min_length=2)
    required: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    level: Level = "L2"


class RecordKind(FrozenModel):
    """`key` are the fields that tell one row from another; `subject` is a template such as `building:{building}`.

    `start` and `end` name the fields (day or time) between which a row holds; the day of `end` is included. Without
    `end` it happened at `start`; without `start` it holds from its import on.
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
    """Every kind by id; a file not named after its id, or a key that is no field, raises ConfigError."""
    kinds: dict[str, RecordKind] = {}
    for path in sorted(folder.glob("*.yaml")):
        kind = read_model(RecordKind, path)
        if kind.id != path.stem:
            raise ConfigError(path, "id", f"{kind.id} belongs in a file named {kind.id}.yaml")
        named = {*kind.key, *(one for one in (kind.start, kind.end) if one)}
        for name in sorted(named - set(kind.fields)):
            raise ConfigError(path, "fields", f"{name} is used but not given")
        kinds[kind.id] = kind
    return kinds
