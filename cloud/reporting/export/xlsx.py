"""A report as a workbook with real numbers and real charts; the same bytes each time.

One sheet per section, one per ledger, and one on which every figure stands with its formula, inputs and trust.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from cloud.core.calendar import to_local
from cloud.reporting.display import Reasons, cell_text, figure_text, heading, trust_text, unit_text
from cloud.reporting.document import Cell, Chart, Column, Document, Figure, FigureList, Paragraph, Section, Table
from cloud.reporting.export.trace import trace_table
from cloud.reporting.ledger import Ledger
from foundation.texts import Language

_STYLES: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": "#10253d"},
    "heading": {"bold": True, "font_size": 12, "font_color": "#1f5fa8"},
    "head": {"bold": True, "bg_color": "#eef3f9", "bottom": 2, "bottom_color": "#1f5fa8", "text_wrap": True},
    "note": {"font_size": 9, "font_color": "#5d6d7e"},
    "text": {},
    "missing": {"font_color": "#5d6d7e", "align": "right"},
}
_FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
_MOST_NAME = 31
_CHART_ROWS = 16


def xlsx_bytes(document: Document, ledgers: Sequence[Ledger], language: Language, made_ms: int) -> bytes:
    """The workbook in one language; `made_ms` is the only time it carries."""
    buffer = io.BytesIO()
    # Formulas and links are never guessed from what somebody has entered.
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": document.title[language], "created": to_local(made_ms).replace(tzinfo=None)})
    writer = _Writer(book, language)
    for number, section in enumerate(document.sections):
        writer.section(section, document if number == 0 else None)
    writer.section(trace_table(document), None)
    for ledger in ledgers:
        writer.ledger(ledger)
    book.close()
    return buffer.getvalue()


class _Writer:
    """Writes blocks below each other, one sheet after the other."""

    def __init__(self, book: Workbook, language: Language) -> None:
        self._book, self._language = book, language
        self._styles = {name: book.add_format({**_FONT, **style}) for name, style in _STYLES.items()}
        self._numbers: dict[tuple[int, bool], Any] = {}
        self._names: set[str] = set()

    def section(self, section: Section, head: Document | None) -> None:
        sheet = self._sheet(section.title[self._language])
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 12, 18)
        row = self._head(sheet, head) if head is not None else 0
        sheet.write_string(row, 0, section.title[self._language], self._styles["title"])
        row += 2
        for block in section.blocks:
            if isinstance(block, Paragraph):
                sheet.write_string(row, 0, block.text[self._language], self._styles["text"])
                row += 2
            elif isinstance(block, FigureList):
                row = self._figures(sheet, row, block)
            elif isinstance(block, Table):
                row = self._table(sheet, row, block)
            else:
                row = self._chart(sheet, row, block)

    def ledger(self, ledger: Ledger) -> None:
        """The rows as in the file; numbers as numbers."""
        sheet = self._sheet(ledger.name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(ledger.columns) - 1, 20)
        for place, column in enumerate(ledger.columns):
            sheet.write_string(0, place, column, self._styles["head"])
        for number, row in enumerate(ledger.rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, Decimal | int):
                    sheet.write_number(number, place, float(cell))
                elif cell is not None:
                    sheet.write_string(number, place, cell)

    def _head(self, sheet: Worksheet, document: Document) -> int:
        sheet.write_string(0, 0, document.title[self._language], self._styles["title"])
        sheet.write_string(1, 0, document.subtitle[self._language], self._styles["heading"])
        for number, (label, value) in enumerate(document.facts, 2):
            sheet.write_string(number, 0, label[self._language], self._styles["note"])
            sheet.write_string(number, 1, value[self._language], self._styles["text"])
        return len(document.facts) + 3

    def _figures(self, sheet: Worksheet, row: int, block: FigureList) -> int:
        reasons = Reasons(self._language)
        for item in block.items:
            sheet.write_string(row, 0, item.label[self._language], self._styles["text"])
            self._figure(sheet, row, 1, item.figure, reasons)
            sheet.write_string(row, 2, unit_text(item.figure.unit, self._language), self._styles["note"])
            sheet.write_string(row, 3, trust_text(item.figure, self._language), self._styles["note"])
            row += 1
        return self._notes(sheet, row, reasons)

    def _table(self, sheet: Worksheet, row: int, table: Table) -> int:
        reasons = Reasons(self._language)
        sheet.write_string(row, 0, table.title[self._language], self._styles["heading"])
        row += 1
        if not table.rows:
            sheet.write_string(row, 0, table.empty[self._language], self._styles["note"])
            return row + 2
        for place, column in enumerate(table.columns):
            sheet.write_string(row, place, heading(column, self._language), self._styles["head"])
        for number, cells in enumerate(table.rows, 1):
            is_total = table.last_is_total and number == len(table.rows)
            for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
                self._cell(sheet, row + number, place, cell, column, reasons, is_total=is_total)
        return self._notes(sheet, row + len(table.rows) + 1, reasons)

    def _cell(
        self, sheet: Worksheet, row: int, place: int, cell: Cell, column: Column, reasons: Reasons, *, is_total: bool
    ) -> None:
        if isinstance(cell, Figure):
            self._figure(sheet, row, place, cell, reasons)
        elif isinstance(cell, Decimal | int):
            sheet.write_number(row, place, float(cell), self._number(column.decimals or 0, is_total))
        else:
            style = self._styles["head" if is_total else "text"]
            sheet.write_string(row, place, cell_text(cell, column, self._language, reasons), style)

    def _figure(self, sheet: Worksheet, row: int, place: int, figure: Figure, reasons: Reasons) -> None:
        """The exact value, shown rounded; a missing one as text."""
        if figure.value is None:
            sheet.write_string(row, place, figure_text(figure, self._language, reasons), self._styles["missing"])
        else:
            sheet.write_number(row, place, float(figure.value), self._number(figure.decimals, False))

    def _notes(self, sheet: Worksheet, row: int, reasons: Reasons) -> int:
        for note in reasons.notes():
            sheet.write_string(row, 0, note, self._styles["note"])
            row += 1
        return row + 1

    def _chart(self, sheet: Worksheet, row: int, chart: Chart) -> int:
        """The data as rows, and a chart over them to the right."""
        unit = unit_text(chart.unit, self._language)
        title = f"{chart.title[self._language]} ({unit})"
        sheet.write_string(row, 0, title, self._styles["heading"])
        drawn = self._book.add_chart({"type": "column" if chart.kind == "bars" else "line"})
        first, last = row + 2, row + 1 + len(chart.categories)
        for number, category in enumerate(chart.categories):
            sheet.write_string(first + number, 0, category[self._language], self._styles["text"])
        for place, series in enumerate(chart.series, 1):
            sheet.write_string(row + 1, place, series.name[self._language], self._styles["head"])
            for number, value in enumerate(series.values):
                if value is not None:
                    sheet.write_number(first + number, place, float(value), self._number(2, False))
            name = sheet.get_name()
            drawn.add_series(
                {
                    "name": [name, row + 1, place],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, place, last, place],
                }
            )
        drawn.set_title({"name": title, "name_font": {"size": 11}})
        drawn.set_size({"width": 720, "height": 300})
        drawn.show_blanks_as("gap")
        sheet.insert_chart(row + 1, len(chart.series) + 2, drawn)
        return max(last, row + _CHART_ROWS) + 2

    def _number(self, decimals: int, is_total: bool) -> Any:
        key = (decimals, is_total)
        if key not in self._numbers:
            places = "." + "0" * decimals if decimals else ""
            base = _STYLES["head"] if is_total else {}
            self._numbers[key] = self._book.add_format({**_FONT, **base, "num_format": f"#,##0{places}"})
        return self._numbers[key]

    def _sheet(self, title: str) -> Worksheet:
        """A sheet of a name that a workbook can hold, unlike any before it."""
        plain = "".join(" " if one in "[]:*?/\\'" else one for one in title).strip()[:_MOST_NAME]
        name, number = plain, 2
        while name.lower() in self._names:
            suffix = f" {number}"
            name, number = plain[: _MOST_NAME - len(suffix)] + suffix, number + 1
        self._names.add(name.lower())
        return self._book.add_worksheet(name)
