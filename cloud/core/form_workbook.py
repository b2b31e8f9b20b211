"""Writes workbooks that people fill in and hand back: titles, hints, lists to choose from; equal input, equal bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import xlsxwriter

Form = Literal["text", "number", "money", "day", "time"]
Filled = str | int | float | date | None

TITLE_ROW, HINT_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2, 3
ROWS_TO_FILL = 2000
"""So many rows below the titles offer the lists of choices."""

MOST_LIST_LETTERS = 255
"""A longer list of choices is no valid workbook; the hint names them all the same."""

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 (a workbook knows no zone; the time of writing would differ each time)
_NUMBER_FORMS: dict[Form, str] = {
    "text": "@",
    "number": "General",
    "money": "0.00",
    "day": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
}
_FIRST_YEAR = 1900
"""Spreadsheets know no earlier days."""

_LEAST_WIDTH, _MOST_WIDTH = 12, 40


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column; `choices` are offered as a list, `form` says how the cells are shown."""

    title: str
    hint: str = ""
    form: Form = "text"
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet; `rows` are what is filled in already."""

    name: str
    title: str
    columns: tuple[FormColumn, ...]
    rows: tuple[tuple[Filled, ...], ...] = ()


def write_form(sheets: Iterable[FormSheet]) -> bytes:
    """The workbook as bytes of an XLSX file."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    formats = {form: book.add_format({"num_format": code}) for form, code in _NUMBER_FORMS.items()}
    for sheet in sheets:
        _write_sheet(book, book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    return content.getvalue()


def _write_sheet(book: Any, target: Any, sheet: FormSheet, formats: dict[Form, Any]) -> None:
    title, hint = book.add_format({"bold": True, "font_size": 14}), book.add_format({"italic": True, "text_wrap": True})
    header = {
        required: book.add_format({"bold": True, "bottom": 1, "bg_color": color})
        for required, color in ((True, "#FFE699"), (False, "#DDEBF7"))
    }
    target.write_string(TITLE_ROW, 0, sheet.title, title)
    target.freeze_panes(FIRST_ROW, 0)
    for place, column in enumerate(sheet.columns):
        width = min(max(_LEAST_WIDTH, 2 * len(column.title)), _MOST_WIDTH)
        target.set_column(place, place, width, formats[column.form])
        target.write_string(HINT_ROW, place, column.hint, hint)
        target.write_string(HEADER_ROW, place, column.title, header[column.is_required])
        if column.choices and len(",".join(column.choices)) <= MOST_LIST_LETTERS:
            choices = {"validate": "list", "source": list(column.choices)}
            target.data_validation(FIRST_ROW, place, FIRST_ROW + ROWS_TO_FILL, place, choices)
    for number, row in enumerate(sheet.rows, FIRST_ROW):
        for place, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
            _write_cell(target, number, place, value, formats[column.form])


def _write_cell(target: Any, row: int, place: int, value: Filled, form: Any) -> None:
    if isinstance(value, date) and value.year < _FIRST_YEAR:
        target.write_string(row, place, value.isoformat(), form)
    elif isinstance(value, date):
        target.write_datetime(row, place, datetime(value.year, value.month, value.day), form)  # noqa: DTZ001
    elif isinstance(value, str):
        # Never as a formula, whatever it begins with.
        target.write_string(row, place, value, form)
    elif value is not None:
        target.write_number(row, place, value, form)
