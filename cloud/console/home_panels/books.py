"""The books that one's department keeps: how many rows, and when something last came in."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.numbers import near_time
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of
from cloud.console.views.record_books import RecordBookLine, read_books
from cloud.core.access import Permission


def read(console: Console, viewer: Viewer) -> tuple[RecordBookLine, ...]:
    mine = departments_of(console.departments, viewer.principal)
    books = read_books(console.services, viewer.principal)
    return tuple(one for one in books if one.kind.department in mine)


def rows(books: tuple[RecordBookLine, ...], console: Console, viewer: Viewer) -> list[Row]:
    now_ms = console.services.clock.now_ms()
    return [
        Row(
            one.kind.id,
            (one.kind.name[viewer.language], f"{one.rows:,}", _last(one, viewer, now_ms)),
            f"/records?kind={one.kind.id}",
        )
        for one in books
    ]


def _last(book: RecordBookLine, viewer: Viewer, now_ms: int) -> Cell:
    if book.last is None:
        return Cell(viewer.say("console.home.to_complete"), viewer.say("console.home.books.never"))
    return Cell(near_time(book.last.imported_ms, now_ms), f"{book.last.file} · {book.last.imported_by}")


PANEL = HomePanel(
    title="console.home.books.title",
    permission=Permission.READ_RECORDS,
    weight=36,
    read=read,
    build=table_of(
        "my-books",
        ("console.home.books.kind", "console.home.books.rows", "console.home.books.last"),
        "console.home.books.none",
        rows,
        right=(1,),
    ),
    applies=has_department,
    more="/records",
    age_s=15.0,
)
