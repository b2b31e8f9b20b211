"""A file of records checked whole: every mistake with its place, or the records it holds. Nothing is entered here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.core.cell_values import DAY_FORMATS, TIME_FORMATS
from cloud.core.import_mistake import WHOLE_FILE, ImportMistake, Mistakes, Place, WrongCell, WrongFile
from cloud.core.sheet_header import Header, find_header, plain
from cloud.core.sheets import Cell, Sheet, SheetRow, read_sheets
from cloud.records.convert import Notation, convert
from cloud.records.entry import end_ms, record_id, start_ms, subject
from cloud.records.kind import RecordKind
from cloud.records.mapping import RecordMapping
from cloud.records.record import FieldValue, Record
from cloud.records.reference import Known
from foundation.texts import LANGUAGES


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file holds: `records` is empty as soon as there is a mistake; `mistakes` are the first of them.

    `ignored` are titles and sheets that mean nothing for this kind, so that a person sees what was not taken.
    """

    file: str
    digest: str
    rows: int = 0
    records: tuple[Record, ...] = ()
    mistakes: tuple[ImportMistake, ...] = ()
    mistake_count: int = 0
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a file is read as, and for whom; without `known` references are taken as they are."""

    kind: RecordKind
    institution_id: str
    known: Known | None = None
    mapping: RecordMapping | None = None


def check_file(file: str, content: bytes, target: Target) -> Checked:
    """Check an XLSX or CSV file."""
    digest, mapping = hashlib.sha256(content).hexdigest(), target.mapping
    try:
        sheets = read_sheets(
            file,
            content,
            encoding=mapping.encoding if mapping else None,
            delimiter=mapping.delimiter if mapping else None,
        )
    except WrongFile as wrong:
        return Checked(file, digest, mistakes=(wrong.mistake,), mistake_count=1)
    return _Check(file, target).run(sheets, digest)


def check_rows(name: str, rows: Sequence[Mapping[str, Any]], target: Target) -> Checked:
    """Check rows that a program sends, each by field or title; row 1 is the first, unknown names are mistakes."""
    titles = tuple(dict.fromkeys(title for row in rows for title in row))
    given = tuple(SheetRow(number, tuple(row.get(one) for one in titles)) for number, row in enumerate(rows, 1))
    digest = hashlib.sha256(repr([sorted(row.items()) for row in rows]).encode()).hexdigest()
    sheet = Sheet("", (SheetRow(0, titles), *given))
    return _Check(name, target, strict=True).run((sheet,), digest)


class _Check:
    """One pass over one file."""

    def __init__(self, file: str, target: Target, *, strict: bool = False) -> None:
        self._file, self._target, self._strict = file, target, strict
        self._kind, self._mapping = target.kind, target.mapping
        self._mistakes = Mistakes(file)
        self._records: dict[str, Record] = {}
        self._rows = 0
        self._ignored: list[str] = []
        self._constants: dict[str, FieldValue] = {}
        self._notations = {name: self._notation(name) for name in self._kind.fields}

    def run(self, sheets: Sequence[Sheet], digest: str) -> Checked:
        self._convert_constants()
        meanings = _meanings(self._kind, self._mapping)
        found = [(sheet, header) for sheet in self._wanted(sheets) if (header := self._header(sheet, meanings))]
        if not found and not self._mistakes.count:
            self._mistakes.add("no_titles", WHOLE_FILE, titles=self._expected())
        for sheet, header in found:
            self._sheet(sheet, header)
        mistakes = self._mistakes
        if not self._rows and not mistakes.count:
            mistakes.add("empty_file", WHOLE_FILE)
        records = () if mistakes.count else tuple(self._records.values())
        ignored = tuple(dict.fromkeys(self._ignored))
        return Checked(self._file, digest, self._rows, records, mistakes.told, mistakes.count, ignored)

    def _notation(self, name: str) -> Notation:
        mapping = self._mapping
        if mapping is None:
            return Notation()
        return Notation(
            words={plain(word): meaning for word, meaning in mapping.words.get(name, {}).items()},
            factor=mapping.factors.get(name, Notation().factor),
            day_formats=mapping.day_formats or DAY_FORMATS,
            time_formats=mapping.time_formats or TIME_FORMATS,
        )

    def _convert_constants(self) -> None:
        for name, given in self._mapping.constants.items() if self._mapping else ():
            try:
                self._constants[name] = self._value(name, given)
            except WrongCell as wrong:
                self._mistakes.add(wrong.code, Place(column=name), **wrong.facts)

    def _wanted(self, sheets: Sequence[Sheet]) -> Iterable[Sheet]:
        wanted = self._mapping.sheet if self._mapping else None
        chosen = [sheet for sheet in sheets if wanted is None or sheet.name == wanted]
        if wanted is not None and not chosen:
            known = ", ".join(sheet.name for sheet in sheets if sheet.name) or "-"
            self._mistakes.add("sheet_unknown", WHOLE_FILE, given=wanted, known=known)
        return chosen

    def _header(self, sheet: Sheet, meanings: Mapping[str, str]) -> Header | None:
        """The titles of a sheet; one that is about something else is left out and said to be."""
        mapping = self._mapping
        header = find_header(sheet, meanings, mapping.header_row if mapping else None)
        enough = min(2, len(self._kind.fields) - len(self._constants))
        if header is None or len(header.columns) < enough:
            if sheet.name and not (mapping and mapping.sheet):
                self._ignored.append(sheet.name)
            return None
        return header

    def _sheet(self, sheet: Sheet, header: Header) -> None:
        self._check_titles(sheet, header)
        for row in sheet.rows:
            if row.number > header.row:
                self._rows += 1
                self._row(sheet, header, row)

    def _check_titles(self, sheet: Sheet, header: Header) -> None:
        row = header.row or None
        for title in header.twice:
            self._mistakes.add("column_twice", Place(sheet.name, row, title))
        for name, field in self._kind.fields.items():
            is_mapped = self._mapping is not None and name in self._mapping.columns
            is_constant = self._mapping is not None and name in self._mapping.constants
            if (field.required or is_mapped) and name not in header.columns and not is_constant:
                self._mistakes.add("column_missing", Place(sheet.name, row, self._title(name)))
        if self._strict:
            for title in header.ignored:
                self._mistakes.add("column_unknown", Place(sheet.name, row, title), titles=self._expected())
        self._ignored += header.ignored

    def _row(self, sheet: Sheet, header: Header, row: SheetRow) -> None:
        before = self._mistakes.count
        values: dict[str, FieldValue] = {}
        for name in self._kind.fields:
            place = header.columns.get(name)
            if place is None:
                values[name] = self._constants.get(name)
                continue
            cell = row.cells[place] if place < len(row.cells) else None
            try:
                values[name] = self._value(name, cell)
            except WrongCell as wrong:
                self._mistakes.add(wrong.code, Place(sheet.name, row.number, header.titles[name]), **wrong.facts)
        is_whole = all(values.get(name) is not None for name, field in self._kind.fields.items() if field.required)
        if self._mistakes.count == before and is_whole:
            self._enter(sheet, row, values)

    def _value(self, name: str, cell: Cell) -> FieldValue:
        field = self._kind.fields[name]
        value = convert(cell, field, self._notations[name])
        if field.refers_to and self._target.known and isinstance(value, str):
            return self._target.known.find(field.refers_to, value)
        return value

    def _enter(self, sheet: Sheet, row: SheetRow, values: dict[str, FieldValue]) -> None:
        kind, institution_id = self._kind, self._target.institution_id
        place = Place(sheet.name, row.number)
        identity, start, end = record_id(kind, values), start_ms(kind, values), end_ms(kind, values)
        if end < start:
            self._mistakes.add("ends_before_start", place)
        elif identity in self._records:
            self._mistakes.add("given_twice", place, first=self._records[identity].source.rpartition(":")[2])
        else:
            source = f"{self._file}!{sheet.name}:{row.number}" if sheet.name else f"{self._file}:{row.number}"
            about = subject(kind, values, institution_id)
            self._records[identity] = Record(
                institution_id, kind.id, identity, kind.department, about, start, end, values, source
            )

    def _title(self, name: str) -> str:
        mapped = self._mapping.columns.get(name) if self._mapping else None
        return mapped or " / ".join(self._kind.fields[name].label[language] for language in LANGUAGES)

    def _expected(self) -> str:
        return ", ".join(self._title(name) for name in self._kind.fields)


def _meanings(kind: RecordKind, mapping: RecordMapping | None) -> dict[str, str]:
    """Fields by the plain titles they may have; a title of the mapping takes a field's own names away."""
    mapped = dict(mapping.columns) if mapping else {}
    constants = set(mapping.constants) if mapping else set()
    meanings: dict[str, str] = {}
    for name, field in kind.fields.items():
        if name not in mapped and name not in constants:
            for title in (name, *(field.label[language] for language in LANGUAGES)):
                meanings.setdefault(plain(title), name)
    return meanings | {plain(title): name for name, title in mapped.items()}
