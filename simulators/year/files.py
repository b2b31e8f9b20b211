"""Writes the books as an office would hand them in: workbooks and text files, and beside them what was planted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import xlsxwriter
import yaml
from pydantic import Field

from foundation.disk import replace_file
from foundation.settings import FrozenModel, read_model
from simulators.year.books import Books, Planted, Row, Value

COLUMNS = Path(__file__).parent / "columns.yaml"
TRUTH = "truth.jsonl"
FIRST_ROW = 2
"""Row 1 holds the titles."""


class FileForm(FrozenModel):
    """How one kind is written; `columns` are titles by field, `words` the office's words for codes by field."""

    format: Literal["xlsx", "csv"]
    columns: dict[str, str] = Field(min_length=1)
    sheet: str = ""
    encoding: str = "utf-8-sig"
    words: dict[str, dict[str, str]] = {}


class Forms(FrozenModel):
    """The whole file of columns."""

    schema_: Literal["xietong.year-columns/1"] = Field(alias="schema")
    files: dict[str, FileForm]

    def file_name(self, kind: str) -> str:
        return f"{kind}.{self.files[kind].format}"


@cache
def load_forms(path: Path = COLUMNS) -> Forms:
    """The checked file of columns; wrong content raises ConfigError."""
    return read_model(Forms, path)


def write_files(books: Books, forms: Forms, folder: Path) -> dict[str, int]:
    """Every kind as one file in `folder`, with a mapping where one is needed, and the truth; rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for kind, form in forms.files.items():
        rows, name = books.rows[kind], forms.file_name(kind)
        content = _xlsx(rows, form) if form.format == "xlsx" else _csv(rows, form)
        replace_file(folder / name, content)
        counts[name] = len(rows)
        if form.words or form.encoding == "gb18030":
            replace_file(folder / f"{kind}.mapping.yaml", _mapping(kind, form))
    places = {id(row): place for rows in books.rows.values() for place, row in enumerate(rows, FIRST_ROW)}
    lines = [json.dumps(_fact(one, forms, places), ensure_ascii=False) for one in books.planted]
    replace_file(folder / TRUTH, "".join(f"{line}\n" for line in lines).encode())
    return counts


def _csv(rows: Iterable[Row], form: FileForm) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(form.columns.values())
    for row in rows:
        writer.writerow([_text(_worded(form, name, row.values[name])) for name in form.columns])
    return text.getvalue().encode(form.encoding)


def _xlsx(rows: Iterable[Row], form: FileForm) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    # The time of writing would make two equal books differ.
    book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 (a workbook knows no zone)
    sheet = book.add_worksheet(form.sheet)
    money, day = book.add_format({"num_format": "0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, list(form.columns.values()), book.add_format({"bold": True}))
    for place, row in enumerate(rows, FIRST_ROW - 1):
        for column, name in enumerate(form.columns):
            value = _worded(form, name, row.values[name])
            if isinstance(value, Decimal):
                sheet.write_number(place, column, float(value), money)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(place, column, value)
            elif isinstance(value, date):
                sheet.write_datetime(place, column, value, day)
            elif value is not None:
                sheet.write_string(place, column, _text(value))
    book.close()
    return content.getvalue()


def _worded(form: FileForm, name: str, value: Value) -> Value:
    return form.words.get(name, {}).get(value, value) if isinstance(value, str) else value


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _mapping(kind: str, form: FileForm) -> bytes:
    """How to read the office's own file: its encoding, its titles, and its words for codes."""
    content: dict[str, Any] = {"schema": "xietong.record-mapping/1", "kind": kind, "columns": dict(form.columns)}
    content["words"] = {name: {word: code for code, word in words.items()} for name, words in form.words.items()}
    if form.format == "csv":
        content["encoding"] = form.encoding
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode()


def _fact(planted: Planted, forms: Forms, places: Mapping[int, int]) -> dict[str, Any]:
    kind = planted.rows[0].kind if planted.rows else None
    return {
        "rule": planted.rule,
        "subject": planted.subject,
        "when": planted.when.isoformat(),
        "kind": kind,
        "file": forms.file_name(kind) if kind else None,
        "rows": [places[id(row)] for row in planted.rows],
        **{name: _plain(value) for name, value in planted.facts.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
