"""The columns in which a part of the institution model is entered by people, derived from its entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import ValidationError

from cloud.core.cell_values import day_of, number_of, text_of, whole_of
from cloud.core.import_mistake import WrongCell
from cloud.core.institution import Dated
from cloud.core.institution_file import (
    CODE_PATTERN,
    ENTRIES,
    REGION_PATTERN,
    SUB_ITEM_PATTERN,
    entity,
)
from cloud.core.sheet_header import plain
from cloud.core.sheets import Cell, is_empty
from device_profiles.identifiers import ID_PATTERN
from foundation.texts import LANGUAGES, Language, load_texts

NAME, VALIDITY = "name", ("valid_from", "valid_to")
_FORMS = {ID_PATTERN: "id", CODE_PATTERN: "code", SUB_ITEM_PATTERN: "sub_item", REGION_PATTERN: "region"}


@dataclass(frozen=True, slots=True)
class PartColumn:
    """One column: `field` is that of the model, `language` that of a name, `kind` the type of its cells."""

    id: str
    field: str
    kind: type
    is_required: bool
    choices: tuple[str, ...] = ()
    language: Language | None = None


class WrongEntry(Exception):
    """An entry cannot be taken: by column (or empty) the code and facts of every reason."""

    def __init__(self, reasons: Mapping[str, WrongCell]) -> None:
        self.reasons = reasons
        super().__init__(", ".join(f"{column}: {wrong.code}" for column, wrong in reasons.items()))


@cache
def columns_of(part: str) -> tuple[PartColumn, ...]:
    """The columns of a part in the order in which people fill them in; KeyError for an unknown part."""
    fields = ENTRIES[part][0].model_fields
    ordered = [name for name in fields if name not in VALIDITY] + list(VALIDITY)
    return tuple(column for name in ordered for column in _columns(name, fields[name]))


def entry_of(part: str, cells: Mapping[str, Cell]) -> Dated:
    """One of a part from its cells by column; raises WrongEntry with all that is wrong."""
    values: dict[str, Any] = {}
    known = [column.id for column in columns_of(part)]
    wrong = {name: WrongCell("column_unknown", titles=", ".join(known)) for name in cells if name not in known}
    for column in columns_of(part):
        try:
            value = _value(column, cells.get(column.id))
        except WrongCell as reason:
            wrong[column.id] = reason
            continue
        if column.language is not None:
            values.setdefault(NAME, {})[column.language] = value
        elif value is not None:
            values[column.field] = value
    if wrong:
        raise WrongEntry(wrong)
    try:
        return entity(part, ENTRIES[part][0].model_validate(values))
    except ValidationError as error:
        raise WrongEntry(dict(_reasons(part, error))) from error


def cells_of(part: str, one: Dated) -> dict[str, str | int | float | date | None]:
    """The cells of one of a part by column."""
    cells: dict[str, str | int | float | date | None] = {}
    for column in columns_of(part):
        value = getattr(one, column.field)
        cells[column.id] = value[column.language] if column.language else value
    return cells


def choice_text(choice: str, language: Language) -> str:
    """What a person reads for a choice of a column."""
    texts, key = load_texts(), f"institution.choice.{choice}"
    return texts(key if key in texts else f"console.role.{choice}", language)


def _columns(name: str, field: Any) -> Iterator[PartColumn]:
    column = field.alias or name
    if name == NAME:
        for language in LANGUAGES:
            yield PartColumn(f"{NAME}_{language.partition('-')[0]}", NAME, str, True, language=language)
        return
    kinds = [one for one in (get_args(field.annotation) or (field.annotation,)) if one is not NoneType]
    kind = kinds[0] if isinstance(kinds[0], type) else str
    choices = tuple(str(one.value) for one in kind) if issubclass(kind, StrEnum) else ()
    yield PartColumn(column, name, kind, field.is_required(), choices)


def _value(column: PartColumn, cell: Cell) -> Any:
    if isinstance(cell, WrongCell):
        raise cell
    if is_empty(cell):
        if column.is_required:
            raise WrongCell("missing")
        return None
    if column.choices:
        return _choice(column, text_of(cell))
    if column.kind is date:
        return day_of(cell)
    if column.kind is float:
        return float(number_of(cell))
    return whole_of(cell, number_of(cell)) if column.kind is int else text_of(cell)


def _choice(column: PartColumn, given: str) -> str:
    for choice in column.choices:
        if plain(given) in {plain(choice), *(plain(choice_text(choice, language)) for language in LANGUAGES)}:
            return choice
    raise WrongCell("not_a_choice", given=given, choices=", ".join(column.choices))


def _reasons(part: str, error: ValidationError) -> Iterator[tuple[str, WrongCell]]:
    """What the entry's own rules say, in our words."""
    ids = {column.field: column.id for column in columns_of(part)} | {
        column.id: column.id for column in columns_of(part)
    }
    for one in error.errors():
        column = ids.get(str(one["loc"][0]), "") if one["loc"] else ""
        facts: dict[str, object] = {"given": str(one.get("input", ""))}
        form = _FORMS.get(str(one.get("ctx", {}).get("pattern", "")))
        if form:
            yield column, WrongCell(f"not_of_form_{form}", **facts)
        elif one["type"] == "greater_than_equal":
            yield column, WrongCell("too_small", minimum=one["ctx"]["ge"], **facts)
        elif one["type"] == "greater_than":
            yield column, WrongCell("not_positive", **facts)
        elif column == "id":
            yield column, WrongCell("reserved_id", **facts)
        else:
            yield column, WrongCell("not_accepted", reason=one["msg"], **facts)
