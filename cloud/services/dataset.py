"""Dataset: data that a department can share, one YAML file of `cloud/services/datasets` each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.records.kind import Level, load_kinds
from cloud.services.catalogue import Code, Names
from cloud.services.views import FieldLevel, levels_of_records, load_field_levels
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model

FOLDER = Path(__file__).parent / "datasets"


class Source(FrozenModel):
    """Rows of one kind of record, or one of the platform's own views."""

    records: Code | None = None
    view: Literal["energy_days", "requests", "risks"] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.records is None) is (self.view is None):
            raise ValueError("needs either records or view")
        return self


class Dataset(FrozenModel):
    """`department` owns it and decides who may use it, for `valid_days`; nothing above `level` is ever shared."""

    id: Code
    department: Code
    name: Names = Field(min_length=2)
    description: Names = Field(min_length=2)
    level: Level
    source: Source
    valid_days: int = Field(180, gt=0, le=1100)

    @property
    def fields(self) -> Mapping[str, FieldLevel]:
        """Every field of its rows with its level."""
        if self.source.records is not None:
            return levels_of_records(self.source.records)
        return load_field_levels().views[str(self.source.view)]


@cache
def load_datasets(folder: Path = FOLDER) -> dict[str, Dataset]:
    """Every dataset by id; a wrong name, an unknown source or one that no one may share raises ConfigError."""
    found: dict[str, Dataset] = {}
    for path in sorted(folder.glob("*.yaml")):
        dataset = read_model(Dataset, path)
        if dataset.id != path.stem:
            raise ConfigError(path, "id", f"{dataset.id} belongs in a file named {dataset.id}.yaml")
        if dataset.source.records is not None and dataset.source.records not in load_kinds():
            raise ConfigError(path, "source.records", f"there is no kind {dataset.source.records}")
        if dataset.level in ("L4", "L5"):
            raise ConfigError(path, "level", "what concerns persons or never leaves cannot be shared")
        found[dataset.id] = dataset
    return found
