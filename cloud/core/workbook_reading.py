"""The cells of an XLSX workbook, read row by row; a hostile or broken workbook is refused before it costs anything."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import openpyxl

from cloud.core.import_mistake import ImportMistake, WrongCell, WrongFile

WORKBOOK = b"PK\x03\x04"
"""The first bytes of every XLSX file."""

MOST_UNPACKED_BYTES = 100_000_000
_VISIBLE, _ERROR, _FORMULA = "visible", "e", "f"
_SHEETS = "xl/worksheets/"
_FOREIGN_XML = re.compile(rb"""\A\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)
_WIDE_XML = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


def workbook_sheets(file: str, content: bytes) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """Name and rows of every visible sheet; cells that hold no value of their own are WrongCell. Raises WrongFile."""
    has_formulas = _look_inside(file, content)
    book, formulas = _open(file, content, values=True), None
    if has_formulas:
        formulas = _open(file, content, values=False)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state == _VISIBLE:
                yield sheet.title, _rows(file, sheet, formulas[sheet.title] if formulas else None)
    finally:
        book.close()


def _look_inside(file: str, content: bytes) -> bool:
    """Whether there are formulas; refuses what unpacks too far or defines entities of its own."""
    has_formulas = False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED_BYTES:
                raise WrongFile(ImportMistake(file, "workbook_too_large"))
            for name in archive.namelist():
                part = archive.read(name)
                # Parts may be called anything; what is not UTF-8 could hide what is looked for.
                if b"<!ENTITY" in part or _FOREIGN_XML.match(part) or part.startswith(_WIDE_XML):
                    raise WrongFile(ImportMistake(file, "broken_workbook"))
                has_formulas |= name.startswith(_SHEETS) and (b"<f>" in part or b"<f " in part)
    except WrongFile:
        raise
    except Exception as error:
        # A broken archive raises whatever its broken part runs into.
        raise WrongFile(ImportMistake(file, "broken_workbook")) from error
    return has_formulas


def _open(file: str, content: bytes, *, values: bool) -> Any:
    try:
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values)
    except Exception as error:
        raise WrongFile(ImportMistake(file, "broken_workbook")) from error


def _rows(file: str, sheet: Any, formulas: Any) -> Iterator[tuple[Any, ...]]:
    # The size that a workbook states for its sheets is often wrong.
    sheet.reset_dimensions()
    if formulas is not None:
        formulas.reset_dimensions()
    try:
        for cells, written in zip_longest(sheet.iter_rows(), formulas.iter_rows() if formulas else (), fillvalue=()):
            yield tuple(_value(cell, source) for cell, source in zip_longest(cells, written))
    except Exception as error:
        raise WrongFile(ImportMistake(file, "broken_workbook", sheet.title)) from error


def _value(cell: Any, written: Any) -> Any:
    if cell is None:
        return None
    if cell.data_type == _ERROR:
        return WrongCell("spreadsheet_error", given=str(cell.value))
    if cell.value is None and written is not None and written.data_type == _FORMULA:
        return WrongCell("formula_without_value")
    return cell.value
