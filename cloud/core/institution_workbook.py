"""The institution model as a workbook with a sheet for each part: taken away, filled in, and handed back whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud.core.form_workbook import Form, FormColumn, FormSheet, write_form
from cloud.core.import_mistake import WHOLE_FILE, ImportMistake, Mistakes, Place, WrongFile
from cloud.core.institution import Dated, Institution, InstitutionModel
from cloud.core.institution_check import PARTS, mistakes
from cloud.core.institution_columns import PartColumn, WrongEntry, cells_of, choice_text, columns_of, entry_of
from cloud.core.institution_file import ENTRIES
from cloud.core.sheet_header import Header, find_header, plain
from cloud.core.sheets import Sheet, SheetRow, read_sheets
from foundation.texts import LANGUAGES, Language, load_texts

HEAD = "institution"


@dataclass(frozen=True, slots=True)
class ReadWorkbook:
    """The model that a workbook holds, None as soon as there is a mistake; `mistakes` are the first of them."""

    model: InstitutionModel | None
    mistakes: tuple[ImportMistake, ...] = ()
    mistake_count: int = 0


@dataclass(slots=True)
class _Part:
    """What was read of one sheet: entries, where each stands, and the titles as written."""

    sheet: str
    header: Header
    entries: list[Dated] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def write_institution(model: InstitutionModel | None, language: Language) -> bytes:
    """An XLSX file of a model, or one to be filled in; the same model and language give the same bytes."""
    return write_form(_form(part, _parts_of(model, part), language) for part in ENTRIES)


def read_institution_workbook(file: str, content: bytes) -> ReadWorkbook:
    """The model of a workbook, checked whole."""
    found = Mistakes(file)
    try:
        sheets = read_sheets(file, content)
    except WrongFile as wrong:
        return ReadWorkbook(None, (wrong.mistake,), 1)
    parts = {part: one for part in ENTRIES if (one := _read_part(part, sheets, found)) is not None}
    heads = parts[HEAD].entries if HEAD in parts else []
    if len(heads) != 1 and not found.count:
        found.add("one_institution", Place(parts[HEAD].sheet))
    if "compounds" in parts and not parts["compounds"].entries:
        found.add("one_compound", Place(parts["compounds"].sheet))
    if found.count:
        return ReadWorkbook(None, found.told, found.count)
    model = _model(heads[0], {part: tuple(parts[part].entries) for part, _ in PARTS})
    for mistake in mistakes(model):
        read = parts[mistake.part]
        place = Place(read.sheet, read.rows[mistake.place], read.header.titles.get(mistake.field, ""))
        found.add(mistake.code, place, **mistake.facts)
    return ReadWorkbook(None if found.count else model, found.told, found.count)


def sheet_title(part: str, language: Language) -> str:
    """The name of a part's sheet."""
    return load_texts()(f"institution.sheet.{part}", language)


def column_title(column: PartColumn, language: Language) -> str:
    """The title of a column."""
    return load_texts()(f"institution.column.{column.id}", language)


def _parts_of(model: InstitutionModel | None, part: str) -> Sequence[Dated]:
    if model is None:
        return ()
    return [model.institution] if part == HEAD else getattr(model, part)


def _form(part: str, entries: Sequence[Dated], language: Language) -> FormSheet:
    columns = columns_of(part)
    rows = []
    for one in entries:
        cells = cells_of(part, one)
        values = (cells[column.id] for column in columns)
        rows.append(
            tuple(
                choice_text(str(value), language) if column.choices else value
                for column, value in zip(columns, values, strict=True)
            )
        )
    title = sheet_title(part, language)
    return FormSheet(title, title, tuple(_form_column(column, language) for column in columns), tuple(rows))


def _form_column(column: PartColumn, language: Language) -> FormColumn:
    texts = load_texts()
    forms: dict[type, Form] = {float: "number", int: "number", str: "text"}
    choices = tuple(choice_text(choice, language) for choice in column.choices)
    need = texts("record.hint.required" if column.is_required else "record.hint.optional", language)
    hint_key = f"institution.hint.{column.id}"
    parts = [need, texts(hint_key, language) if hint_key in texts else "", " / ".join(choices)]
    hint = texts("record.hint.between", language).join(part for part in parts if part)
    form = "text" if column.choices else forms.get(column.kind, "day")
    return FormColumn(column_title(column, language), hint, form, column.is_required, choices)


def _read_part(part: str, sheets: Sequence[Sheet], found: Mistakes) -> _Part | None:
    """One part; nothing is taken for granted, as the workbook replaces the whole model."""
    names = {plain(part), *(plain(sheet_title(part, language)) for language in LANGUAGES)}
    sheet = next((one for one in sheets if plain(one.name) in names), None)
    if sheet is None:
        found.add("sheet_missing", WHOLE_FILE, sheet=" / ".join(sheet_title(part, one) for one in LANGUAGES))
        return None
    titles = {column.id: {column.id, *(column_title(column, one) for one in LANGUAGES)} for column in columns_of(part)}
    header = find_header(sheet, {plain(title): name for name, known in titles.items() for title in known})
    if header is None:
        found.add("no_titles", Place(sheet.name), titles=", ".join(titles))
        return None
    for title in header.twice:
        found.add("column_twice", Place(sheet.name, header.row, title))
    for title in header.ignored:
        found.add("column_unknown", Place(sheet.name, header.row, title), titles=", ".join(titles))
    for column in columns_of(part):
        if column.id not in header.columns:
            title = " / ".join(column_title(column, language) for language in LANGUAGES)
            found.add("column_missing", Place(sheet.name, header.row, title))
    read = _Part(sheet.name, header)
    for row in _rows_below(sheet, header):
        _read_row(part, row, read, found)
    return read


def _rows_below(sheet: Sheet, header: Header) -> Iterator[SheetRow]:
    return (row for row in sheet.rows if row.number > header.row)


def _read_row(part: str, row: SheetRow, read: _Part, found: Mistakes) -> None:
    columns = read.header.columns
    cells = {name: row.cells[place] if place < len(row.cells) else None for name, place in columns.items()}
    try:
        read.entries.append(entry_of(part, cells))
        read.rows.append(row.number)
    except WrongEntry as wrong:
        for column, reason in wrong.reasons.items():
            if column not in columns and column:
                continue
            title = read.header.titles.get(column, "")
            found.add(reason.code, Place(read.sheet, row.number, title), **reason.facts)


def _model(head: Dated, parts: Mapping[str, Any]) -> InstitutionModel:
    if not isinstance(head, Institution):
        raise TypeError(f"not an institution: {head!r}")
    return InstitutionModel(institution=head, **parts)
