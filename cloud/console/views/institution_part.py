"""One part of the institution model as a table: cells in words, whether each entry is valid today, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from cloud.console.views.to_complete import missing_fields
from cloud.core.institution import Dated, InstitutionModel, Names
from cloud.core.institution_check import PARTS
from cloud.core.institution_columns import PartColumn, cells_of, choice_text, columns_of
from cloud.core.institution_workbook import HEAD
from foundation.texts import Language

VISIBLE_PARTS = (HEAD, "buildings", "compounds", "rooms", "departments", "vehicles", "devices", "assets", "persons")
REFERENCES = ("compound", "building", "room", "department", "device")
Standing = Literal["valid", "over", "later"]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One entry: its cells by column (None is empty), and the columns that somebody should fill in."""

    entry: Dated
    cells: Mapping[str, str | None]
    missing: frozenset[str]
    standing: Standing

    @property
    def name(self) -> str:
        """Tells one version of one entry from all others of the part."""
        return f"{self.cells['id']}@{self.entry.valid_from or ''}"


def part_rows(
    model: InstitutionModel, part: str, names: Mapping[str, Names], today: date, language: Language
) -> tuple[PartRow, ...]:
    """In the order of the ids, an entry's versions from the oldest on."""
    rows = [_row(one, part, names, today, language) for one in entries_of(model, part)]
    return tuple(sorted(rows, key=lambda one: (one.cells["id"] or "", one.entry.valid_from or date.min)))


def entries_of(model: InstitutionModel, part: str) -> Sequence[Dated]:
    """The entries of a part; the institution itself is the only one of its own."""
    if part == HEAD:
        return (model.institution,)
    return tuple(getattr(model, part)) if part in dict(PARTS) else ()


def table_columns(part: str, language: Language) -> tuple[PartColumn, ...]:
    """What a table shows: one name instead of one in every language, and the two days of the validity last."""
    return tuple(one for one in columns_of(part) if one.language in (None, language))


def _row(entry: Dated, part: str, names: Mapping[str, Names], today: date, language: Language) -> PartRow:
    given = cells_of(part, entry)
    columns = columns_of(part)
    missing = set(missing_fields(part, entry))
    return PartRow(
        entry=entry,
        cells={one.id: _words(one, given[one.id], names, language) for one in columns},
        missing=frozenset(one.id for one in columns if one.field in missing),
        standing=_standing(entry, today),
    )


def _words(column: PartColumn, value: Any, names: Mapping[str, Names], language: Language) -> str | None:
    if value is None:
        return None
    if column.choices:
        return choice_text(str(value), language)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    if column.id in REFERENCES and (named := names.get(f"{column.id}:{value}")):
        return named[language]
    return str(value)


def _standing(entry: Dated, today: date) -> Standing:
    if entry.is_valid_on(today):
        return "valid"
    return "later" if entry.valid_from is not None and today < entry.valid_from else "over"
