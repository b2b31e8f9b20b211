"""The figures of a report on the page: one section at a time, with the reason where one is missing."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import events, ui

from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.components.tag import tag
from cloud.console.session import Viewer
from cloud.console.views.report_preview import FigureCell, PreviewSection, PreviewTable


class ReportFigures:
    """A list of sections, and the chosen one."""

    def __init__(self, viewer: Viewer, sections: Sequence[PreviewSection]) -> None:
        self._viewer, self._sections = viewer, {one.section_id: one for one in sections}
        names = {one.section_id: one.title for one in sections}
        first = next(iter(names), None)
        select = tag(ui.select(names, value=first, on_change=self._choose), "section")
        select.props("dense outlined").classes("xt-chooser")
        self._box = tag(ui.element("div").classes("xt-stack"), "figures")
        if first is not None:
            self._draw(first)

    def _choose(self, event: events.ValueChangeEventArguments[str]) -> None:
        self._draw(event.value)

    def _draw(self, section_id: str) -> None:
        self._box.clear()
        with self._box:
            for place, block in enumerate(self._sections[section_id].blocks):
                if isinstance(block, str):
                    ui.label(block).classes("xt-note")
                else:
                    self._table(block, f"figures-{place}")

    def _table(self, table: PreviewTable, marker: str) -> None:
        if table.title:
            ui.label(table.title).classes("xt-field-title")
        heads = table.columns or [self._viewer.say(f"console.report.{name}") for name in ("figure", "value", "basis")]
        columns = [Column(head, right=_is_number(table, place)) for place, head in enumerate(heads)]
        rows = [
            Row(f"{number}", tuple(_shown(cell, self._viewer) for cell in row)) for number, row in enumerate(table.rows)
        ]
        RowTable(columns, self._viewer.say("console.report.no_rows"), marker).show(rows)
        if table.left_off:
            ui.label(self._viewer.say("console.report.left_off", n=table.left_off)).classes("xt-note")


def _is_number(table: PreviewTable, place: int) -> bool:
    """Columns of figures and numbers stand right."""
    cells = [row[place] for row in table.rows]
    return bool(cells) and all(cell.missing or cell.text[:1].isdigit() or cell.text[:1] in "-−" for cell in cells)


def _shown(cell: FigureCell, viewer: Viewer) -> Shown:
    if cell.missing:
        return Chip(viewer.say("console.account.to_be_completed"), "orange", cell.missing)
    below = " · ".join(part for part in (cell.formula, cell.trust) if part)
    return Cell(cell.text, below) if below else cell.text
