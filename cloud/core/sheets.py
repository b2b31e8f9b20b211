"""Reads tables that people hand in, XLSX or CSV, into plain rows; what cannot be read says why in one mistake."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from cloud.core.import_mistake import ImportMistake, WrongCell, WrongFile
from cloud.core.workbook_reading import WORKBOOK, workbook_sheets

Cell = str | int | float | bool | datetime | date | time | timedelta | WrongCell | None
"""What a cell holds; WrongCell when the spreadsheet itself could not say."""

MOST_ROWS = 100_000
MOST_CELLS = 5_000_000
"""Of all sheets, empty ones included: a workbook of a few bytes may claim cells without end."""

DELIMITERS = ",\t;|"
ENCODINGS = ("utf-8-sig", "gb18030")
_LINES_LOOKED_AT = 20
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty; `number` counts from 1 as the spreadsheet shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet; a text file is one sheet without a name."""

    name: str
    rows: tuple[SheetRow, ...]


def read_sheets(
    file: str, content: bytes, *, encoding: str | None = None, delimiter: str | None = None
) -> tuple[Sheet, ...]:
    """The visible sheets of a file named `file`; what it is, is told by its content. Raises WrongFile."""
    if content.startswith(_OLD_WORKBOOK):
        raise WrongFile(ImportMistake(file, "old_workbook"))
    size = _Size(file)
    if content.startswith(WORKBOOK):
        sheets = tuple(Sheet(name, _rows(size, name, rows)) for name, rows in workbook_sheets(file, content))
    else:
        sheets = (Sheet("", _rows(size, "", _lines(file, _decoded(file, content, encoding), delimiter))),)
    if not any(sheet.rows for sheet in sheets):
        raise WrongFile(ImportMistake(file, "empty_file"))
    return sheets


def is_empty(cell: Cell) -> bool:
    """Whether nothing but blanks stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


class _Size:
    """How many cells of a file have been read."""

    def __init__(self, file: str) -> None:
        self.file, self._cells = file, 0

    def add(self, sheet: str, row: Sequence[Cell]) -> None:
        """Raises WrongFile when it was one row too many."""
        self._cells += max(1, len(row))
        if self._cells > MOST_CELLS:
            raise WrongFile(ImportMistake(self.file, "workbook_too_large", sheet))


def _rows(size: _Size, sheet: str, lines: Iterator[Sequence[Cell]]) -> tuple[SheetRow, ...]:
    rows: list[SheetRow] = []
    for number, cells in enumerate(lines, 1):
        size.add(sheet, cells)
        if all(is_empty(cell) for cell in cells):
            continue
        rows.append(SheetRow(number, tuple(cells)))
        if len(rows) > MOST_ROWS:
            raise WrongFile(ImportMistake(size.file, "too_many_rows", sheet, number, facts={"most": MOST_ROWS}))
    return tuple(rows)


def _decoded(file: str, content: bytes, encoding: str | None) -> str:
    if content.startswith(_UTF_16):
        tried: tuple[str, ...] = ("utf-16",)
    else:
        tried = (encoding,) if encoding else ENCODINGS
    for name in tried:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise WrongFile(ImportMistake(file, "not_a_table"))
        return text
    raise WrongFile(ImportMistake(file, "wrong_encoding", facts={"tried": ", ".join(tried)}))


def _lines(file: str, text: str, delimiter: str | None) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise WrongFile(ImportMistake(file, "broken_line", row=reader.line_num, facts={"error": str(error)})) from error


def _delimiter(text: str) -> str:
    """The sign that separates most often in the first lines; a comma when there is none."""
    head = "".join(text.splitlines(keepends=True)[:_LINES_LOOKED_AT])
    return max(DELIMITERS, key=head.count)
