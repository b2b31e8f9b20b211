"""Rows as a plain table: one element for the browser however many rows there are, redrawn only when they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nicegui import ui

from cloud.console.components.tag import tag

Tone = str
"""good, bad, red, orange, yellow, blue or empty: the colour of a chip."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A word on a coloured ground."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with a smaller line below it."""

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand `right`."""

    title: str
    right: bool = False
    nowrap: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `href` is the page that its first cell leads to, `name` finds it in tests."""

    name: str
    cells: tuple[str | Chip | Cell, ...]
    href: str = ""


class RowTable:
    """`show` brings the table to these rows; without any it says `nothing`."""

    def __init__(self, columns: Sequence[Column], nothing: str, marker: str) -> None:
        self._columns, self._nothing = tuple(columns), nothing
        self._shown: tuple[Row, ...] | None = None
        with tag(ui.element("div").classes("xt-table-box"), marker):
            # What is written into it is escaped below, cell by cell.
            self._html = ui.html("", sanitize=False)

    def show(self, rows: Sequence[Row]) -> None:
        if tuple(rows) == self._shown:
            return
        self._shown = tuple(rows)
        self._html.set_content(self._table() if rows else f'<div class="xt-nothing">{escape(self._nothing)}</div>')

    def _table(self) -> str:
        heads = "".join(f"<th{_classes(one)}>{escape(one.title)}</th>" for one in self._columns)
        body = "".join(self._row(row) for row in self._shown or ())
        return f'<table class="xt-table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'

    def _row(self, row: Row) -> str:
        cells = [_cell(cell, row.href if place == 0 else "") for place, cell in enumerate(row.cells)]
        columns = zip(self._columns, cells, strict=True)
        inner = "".join(f"<td{_classes(column)}>{cell}</td>" for column, cell in columns)
        return f'<tr data-testid="row-{escape(row.name)}">{inner}</tr>'


def _classes(column: Column) -> str:
    names = [name for name, is_set in (("xt-right", column.right), ("xt-nowrap", column.nowrap)) if is_set]
    return f' class="{" ".join(names)}"' if names else ""


def _cell(cell: str | Chip | Cell, href: str) -> str:
    if isinstance(cell, Chip):
        inner = f'<span class="xt-chip xt-tone-{escape(cell.tone)}">{escape(cell.text)}</span>'
    elif isinstance(cell, Cell):
        return _linked(escape(cell.text), href) + f'<div class="xt-below">{escape(cell.below)}</div>'
    else:
        inner = escape(cell)
    return _linked(inner, href)


def _linked(inner: str, href: str) -> str:
    return f'<a href="{escape(href)}">{inner}</a>' if href else inner
