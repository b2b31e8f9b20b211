"""RecordMapping: how one office's own file is read, its titles, words and units, in one YAML file beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cloud.records.kind import Code, RecordKind
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, parse_model, parse_yaml

MOST_BYTES = 65_536

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class RecordMapping(FrozenModel):
    """What a file writes otherwise than the kind; everything left out is read by the labels and words of the kind.

    `columns` are titles by field, `words` the kind's words by field and the file's word, `constants` the values of
    fields without a column, `factors` what the file's numbers are multiplied with (10000 for a column in 万元).
    """

    schema_: Literal["xietong.record-mapping/1"] = Field(alias="schema")
    kind: Code
    sheet: str | None = None
    header_row: int | None = Field(None, ge=1, le=1000)
    columns: dict[Code, Title] = {}
    constants: dict[Code, str | int | float | bool] = {}
    words: dict[Code, dict[str, str]] = {}
    factors: dict[Code, Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]] = {}
    day_formats: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ()
    encoding: Literal["utf-8-sig", "gb18030"] | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None


def parse_mapping(text: str | bytes, source: str, kind: RecordKind) -> RecordMapping:
    """The mapping of a file of this kind; anything that does not fit the kind raises ConfigError."""
    if len(text) > MOST_BYTES:
        raise ConfigError(source, "file", f"is longer than {MOST_BYTES} bytes")
    try:
        plain = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(source, "file", str(error)) from error
    content = parse_yaml(plain, source)
    if not isinstance(content, dict):
        raise ConfigError(source, "file", "must be a mapping of keys")
    mapping = parse_model(RecordMapping, content, source)
    _check(mapping, source, kind)
    return mapping


def _check(mapping: RecordMapping, source: str, kind: RecordKind) -> None:
    if mapping.kind != kind.id:
        raise ConfigError(source, "kind", f"is {mapping.kind}, the file is imported as {kind.id}")
    for key in ("columns", "constants", "words", "factors"):
        for name in getattr(mapping, key):
            if name not in kind.fields:
                raise ConfigError(source, f"{key}.{name}", f"is not one of {', '.join(kind.fields)}")
    for name in mapping.factors:
        if kind.fields[name].type not in ("integer", "number", "money"):
            raise ConfigError(source, f"factors.{name}", "is not a number")
    for name in mapping.constants:
        if name in mapping.columns:
            raise ConfigError(source, f"constants.{name}", "has a column too")
