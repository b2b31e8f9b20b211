"""Reads the pretend year back the way a stranger would: titles to field names, cells as text or numbers."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl import load_workbook

from cloud.records.kind import load_kinds
from simulators.compound import load_compound
from simulators.year.files import TRUTH, load_forms
from simulators.year.writer import write_year

PRETENDED = {name: kind for name, kind in load_kinds().items() if name not in ("meter_exchange", "register_correction")}
"""Kinds with a file of the pretend year, in which no meter is exchanged and no register is wrong."""

UNTIL = date(2026, 11, 25)
Rows = list[dict[str, Any]]
_FOLDERS: list[TemporaryDirectory[str]] = []


@cache
def written_year(until: date = UNTIL) -> Path:
    """A folder with the year before `until`, written once per test run."""
    _FOLDERS.append(TemporaryDirectory(prefix="office-year-"))
    folder = Path(_FOLDERS[-1].name)
    write_year(load_compound(), folder, until=until)
    return folder


def read_kind(folder: Path, kind: str) -> Rows:
    """Rows with field names as keys and codes for words; an empty cell is None, `row` is the row number in the file."""
    form = load_forms().files[kind]
    names = {title: name for name, title in form.columns.items()}
    lines = _xlsx(folder / f"{kind}.xlsx") if form.format == "xlsx" else _csv(folder / f"{kind}.csv", form.encoding)
    titles, *rows = lines
    codes = {name: {word: code for code, word in words.items()} for name, words in form.words.items()}
    found = [dict(zip((names[title] for title in titles), row, strict=True)) for row in rows]
    return [
        {"row": place} | {name: codes.get(name, {}).get(cell, cell) for name, cell in row.items()}
        for place, row in enumerate(found, 2)
    ]


def read_truth(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / TRUTH).read_text("utf-8").splitlines()]


def _xlsx(path: Path) -> list[list[Any]]:
    book = load_workbook(path, read_only=True)
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        return [[f"{cell:%Y-%m-%d}" if isinstance(cell, datetime) else cell for cell in row] for row in rows]
    finally:
        book.close()


def _csv(path: Path, encoding: str) -> list[list[Any]]:
    text = path.read_bytes().decode(encoding)
    titles, *rows = csv.reader(io.StringIO(text, newline=""))
    return [titles, *([_cell(cell) for cell in row] for row in rows)]


def _cell(text: str) -> str | float | None:
    try:
        return float(text)
    except ValueError:
        return text or None
