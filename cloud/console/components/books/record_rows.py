"""The rows of one book: filter by text and by days, pages of a hundred, and what is kept from this reader."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from nicegui import ui

from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.risk_words import read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.record_rows import PAGE_ROWS, RecordTable, department_names, table_of_records, title_of
from cloud.core.calendar import day_start_ms
from cloud.desks.records import list_records
from cloud.records.kind import RecordKind

NUMBERS = ("integer", "number", "money")
UNWRAPPED = (*NUMBERS, "day", "time", "flag")


class RecordRows:
    """Reads once for each choice of days: a look at personal fields is audited, so it is not repeated by itself."""

    def __init__(self, console: Console, viewer: Viewer, kind: RecordKind) -> None:
        self._console, self._viewer, self._kind = console, viewer, kind
        self._found: RecordTable | None = None
        self._page = 0

    async def build(self) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-filters"):
            self._text = tag(ui.input(say("console.records.filter"), on_change=self._refilter), "record-filter")
            self._text.props("dense outlined clearable debounce=250").classes("xt-filter-text")
            self._first = self._day("first") if self._kind.start else None
            self._last = self._day("last") if self._kind.start else None
            ui.element("div").classes("xt-grow")
            self._count = tag(ui.label("").classes("xt-note"), "record-count")
            back = ui.button(icon="chevron_left", on_click=lambda: self._turn(-1))
            self._place = tag(ui.label("").classes("xt-note"), "record-page")
            ahead = ui.button(icon="chevron_right", on_click=lambda: self._turn(1))
            for button, name in ((back, "page-back"), (ahead, "page-ahead")):
                tag(button, name).props("flat dense round size=sm")
        self._hidden = tag(ui.label("").classes("xt-hint"), "record-hidden")
        self._box = ui.element("div").classes("xt-records-box")
        await self._load()

    def _day(self, name: str) -> ui.input:
        day = ui.input(self._viewer.say(f"console.records.{name}"), on_change=self._load)
        return tag(day, f"record-{name}").props("dense outlined type=date stack-label clearable")

    async def _load(self) -> None:
        services, viewer, kind = self._console.services, self._viewer, self._kind
        first, last = _day_of(self._first), _day_of(self._last)
        records = await self._console.act(
            viewer,
            lambda: list_records(
                services,
                viewer.principal,
                kind.id,
                viewer.principal.institution_ids,
                start_ms=day_start_ms(first) if first else None,
                end_ms=day_start_ms(last + timedelta(days=1)) if last else None,
            ),
        )
        if records is None:
            return
        words = await asyncio.to_thread(read_risk_words, self._console, viewer)
        names = department_names(services, words.names)
        self._found = table_of_records(kind, records, names, viewer.language)
        self._draw()

    def _refilter(self) -> None:
        self._page = 0
        self._draw()

    def _turn(self, by: int) -> None:
        self._page += by
        self._draw()

    def _draw(self) -> None:
        if self._found is None:
            return
        say, language, kind = self._viewer.say, self._viewer.language, self._kind
        found = self._found.holding(self._text.value or "")
        self._page = min(max(self._page, 0), found.pages - 1)
        self._count.set_text(say("console.records.count", n=f"{len(found.rows):,}", all=f"{len(self._found.rows):,}"))
        self._place.set_text(say("console.records.page", n=self._page + 1, all=found.pages))
        labels = say("console.and").join(kind.fields[name].label[language] for name in found.hidden)
        self._hidden.set_text(say("console.records.hidden", fields=labels) if labels else "")
        self._hidden.set_visibility(bool(labels))
        self._box.clear()
        with self._box:
            table = RowTable(record_columns(found, self._viewer), say("console.records.nothing"), "record-rows")
        first = self._page * PAGE_ROWS
        table.show([Row(str(first + place), cells) for place, cells in enumerate(found.page(self._page))])


def record_columns(found: RecordTable, viewer: Viewer) -> list[Column]:
    """Headings with units; numbers stand right, keys, numbers, days and times stay on one line."""
    kind, columns = found.kind, []
    for name in found.shown:
        field = kind.fields[name]
        is_narrow = field.type in UNWRAPPED or name in kind.key
        columns.append(Column(title_of(field, viewer.language), right=field.type in NUMBERS, nowrap=is_narrow))
    return columns


def _day_of(element: ui.input | None) -> date | None:
    """The day that was entered; None for none or while it is being typed."""
    try:
        return date.fromisoformat(element.value) if element is not None and element.value else None
    except ValueError:
        return None
