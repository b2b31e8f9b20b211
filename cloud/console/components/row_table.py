"""Rows as a plain table: one element for the browser however many rows there are, redrawn only when they change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from html import escape

from nicegui import events, ui

from cloud.console.components.tag import tag

Tone = str
"""good, bad, red, orange, yellow, blue or empty: the colour of a chip."""

OnPress = Callable[[str, str], Awaitable[None]]
"""Told the row's name and the button's; an empty name of a button when the row itself was pressed."""

# One listener for the whole table: a link goes its own way, a button tells its name, everything else is the row.
_PRESSED = """(event) => {
  const row = event.target.closest('tr[data-row]');
  if (!row || event.target.closest('a')) return;
  const button = event.target.closest('button[data-press]');
  emit([row.dataset.row, button ? button.dataset.press : '']);
}"""


@dataclass(frozen=True, slots=True)
class Chip:
    """A word on a coloured ground, with a smaller line below it."""

    text: str
    tone: Tone = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with a smaller line below it."""

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    """Small buttons by name with their words; a table with `on_press` tells which one was pressed."""

    buttons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that whoever made it has escaped already."""

    html: str


Shown = str | Chip | Cell | Buttons | Markup


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand `right`."""

    title: str
    right: bool = False
    nowrap: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `name` finds it in tests and tells it when pressed.

    `href` is the page that its first cell leads to, or the cell at `href_place`.
    """

    name: str
    cells: tuple[Shown, ...]
    href: str = ""
    href_place: int = 0
    is_chosen: bool = False


class RowTable:
    """`show` brings the table to these rows; without any it says `nothing`."""

    def __init__(self, columns: Sequence[Column], nothing: str, marker: str, on_press: OnPress | None = None) -> None:
        self._columns, self._nothing = tuple(columns), nothing
        self._shown: tuple[Row, ...] | None = None
        with tag(ui.element("div").classes("xt-table-box"), marker) as box:
            # What is written into it is escaped below, cell by cell.
            self._html = ui.html("", sanitize=False)
        self._row_classes = ""
        if on_press is not None:
            self._row_classes = "xt-row-link"
            box.on("click", _listener(on_press), js_handler=_PRESSED)

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
        cells = [_cell(cell, row.href if place == row.href_place else "") for place, cell in enumerate(row.cells)]
        columns = zip(self._columns, cells, strict=True)
        inner = "".join(f"<td{_classes(column)}>{cell}</td>" for column, cell in columns)
        classes = f"{self._row_classes} xt-row-chosen" if row.is_chosen else self._row_classes
        name = escape(row.name)
        return f'<tr data-testid="row-{name}" data-row="{name}" class="{classes}">{inner}</tr>'


def _listener(on_press: OnPress) -> Callable[[events.GenericEventArguments], Awaitable[None]]:
    async def heard(event: events.GenericEventArguments) -> None:
        row, button = event.args
        await on_press(str(row), str(button))

    return heard


def _classes(column: Column) -> str:
    names = [name for name, is_set in (("xt-right", column.right), ("xt-nowrap", column.nowrap)) if is_set]
    return f' class="{" ".join(names)}"' if names else ""


def _cell(cell: Shown, href: str) -> str:
    if isinstance(cell, Markup):
        return cell.html
    if isinstance(cell, Buttons):
        return "".join(_button(name, words) for name, words in cell.buttons)
    if isinstance(cell, Chip):
        inner = f'<span class="xt-chip xt-tone-{escape(cell.tone)}">{escape(cell.text)}</span>'
        return _linked(inner, href) + (f'<div class="xt-below">{escape(cell.below)}</div>' if cell.below else "")
    if isinstance(cell, Cell):
        return _linked(escape(cell.text), href) + f'<div class="xt-below">{escape(cell.below)}</div>'
    return _linked(escape(cell), href)


def _button(name: str, words: str) -> str:
    marker = f'data-press="{escape(name)}" data-testid="{escape(name)}"'
    return f'<button type="button" class="xt-row-button" {marker}>{escape(words)}</button>'


def _linked(inner: str, href: str) -> str:
    return f'<a href="{escape(href)}">{inner}</a>' if href else inner
