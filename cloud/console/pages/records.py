"""The books that people keep: which there are, their rows, what came in when, and handing in a file."""

from __future__ import annotations

import asyncio

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.books.record_import import RecordImporter
from cloud.console.components.books.record_rows import RecordRows
from cloud.console.components.panel import panel
from cloud.console.components.row_table import Cell, Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop
from cloud.console.numbers import MISSING, clock_time, date_time, near_time
from cloud.console.session import Viewer
from cloud.console.views.record_books import RecordBookLine, read_books
from cloud.core.access import Permission
from cloud.desks.records import list_imports
from cloud.records.record import RecordImport

REFRESH_S = 5.0
ROWS, IMPORTS, IMPORT = "rows", "imports", "import"
IMPORT_COLUMNS = ("at", "file", "by", "new", "changed", "same", "digest")


def register(console: Console) -> None:
    """Route `/records`; `?kind=` opens one book."""

    @guarded_page(console, "/records", Permission.READ_RECORDS)
    async def records_page(viewer: Viewer, request: Request) -> None:
        books = await asyncio.to_thread(read_books, console.services, viewer.principal)
        with frame(viewer, "/records", viewer.say("console.nav.records")) as light:
            await RecordsPage(console, viewer, light, books).build(request.query_params.get("kind", ""))


class RecordsPage:
    """The list of books beside the one that is open."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight, books: tuple[RecordBookLine, ...]) -> None:
        self._console, self._viewer, self._light, self._books = console, viewer, light, books
        self._kind, self._part = "", ROWS

    async def build(self, kind: str) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-grid xt-grid-records"):
            with panel(say("console.records.books")):
                columns = [Column(say("console.home.books.kind")), Column(say("console.home.books.rows"), right=True)]
                self._list = RowTable(columns, say("console.records.none"), "books", self._choose)
            self._open = tag(ui.element("div").classes("xt-stack"), "book")
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)
        known = [one.kind.id for one in self._books]
        if known:
            await self._choose(kind if kind in known else known[0], "")

    def _read(self) -> tuple[RecordBookLine, ...]:
        return read_books(self._console.services, self._viewer.principal)

    def _draw(self, books: tuple[RecordBookLine, ...]) -> None:
        self._books = books
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._list.show([self._row(one, now_ms) for one in books])

    def _row(self, book: RecordBookLine, now_ms: int) -> Row:
        last = near_time(book.last.imported_ms, now_ms) if book.last else self._viewer.say("console.home.books.never")
        department = self._console.department_name(book.kind.department, self._viewer)
        name = Cell(book.kind.name[self._viewer.language], f"{department} · {last}")
        return Row(book.kind.id, (name, f"{book.rows:,}"), is_chosen=book.kind.id == self._kind)

    async def _choose(self, kind: str, button: str) -> None:
        self._kind = kind
        self._draw(self._books)
        await self._show(self._part)

    def _book(self) -> RecordBookLine:
        return next(one for one in self._books if one.kind.id == self._kind)

    async def _show(self, part: str) -> None:
        say, book = self._viewer.say, self._book()
        self._part = part if part != IMPORT or book.may_import else ROWS
        self._open.clear()
        with self._open, panel(book.kind.name[self._viewer.language], classes="xt-book") as head:
            with head:
                ui.element("div").classes("xt-grow")
                parts = [ROWS, IMPORTS, *([IMPORT] if book.may_import else [])]
                options = {one: say(f"console.records.part.{one}") for one in parts}
                toggle = ui.toggle(options, value=self._part, on_change=lambda event: self._show(str(event.value)))
                tag(toggle, "book-part").props("dense unelevated no-caps").classes("xt-toggle")
            if self._part == ROWS:
                await RecordRows(self._console, self._viewer, book.kind).build()
            elif self._part == IMPORTS:
                await self._show_imports()
            else:
                RecordImporter(self._console, self._viewer, book.kind, self._refresh).build()

    async def _show_imports(self) -> None:
        say, services, principal = self._viewer.say, self._console.services, self._viewer.principal
        found = await asyncio.to_thread(list_imports, services, principal, principal.institution_ids, limit=1_000)
        counts = ("new", "changed", "same")
        columns = [Column(say(f"console.records.import.{one}"), right=one in counts) for one in IMPORT_COLUMNS]
        table = RowTable(columns, say("console.records.never"), "imports")
        table.show([_import_row(one) for one in found if one.kind == self._kind])


def _import_row(one: RecordImport) -> Row:
    counts = tuple(f"{count:,}" for count in (one.new, one.changed, one.same))
    digest = one.digest[:12] or MISSING
    return Row(one.import_id, (date_time(one.imported_ms), one.file, one.imported_by, *counts, digest))
