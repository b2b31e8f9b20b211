"""Today's bookings of what one's department lends: meeting rooms, vehicles; what holds now is marked."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.bookings import Booked, BookingsToday, lending, read_bookings
from cloud.console.views.mine import departments_of
from cloud.core.access import Permission
from cloud.core.calendar import to_local

ROWS = 40
View = tuple[BookingsToday, ServiceWords]


def read(console: Console, viewer: Viewer) -> View:
    mine = departments_of(console.departments, viewer.principal)
    return read_bookings(console.services, viewer.principal, mine), read_service_words(console, viewer)


def build(console: Console, viewer: Viewer) -> Show:
    """How much there is to book, and the holds of the day."""
    say = viewer.say
    lent = tag(ui.label("").classes("xt-note"), "lent")
    columns = [Column(say(f"console.home.bookings.{one}")) for one in ("time", "what", "state")]
    table = RowTable(columns, say("console.home.bookings.none"), "bookings")

    def show(view: View) -> None:
        found, words = view
        counts = [say("console.home.bookings.lent", service=words.service(code), n=count) for code, count in found.lent]
        lent.set_text(viewer.say("console.and").join(counts))
        table.show([_row(one, found.now_ms, words) for one in found.booked[-ROWS:]])

    return show


def _row(one: Booked, now_ms: int, words: ServiceWords) -> Row:
    hold, say = one.hold, words.viewer.say
    start, end = to_local(hold.start_ms), to_local(hold.end_ms)
    state = "now" if hold.start_ms <= now_ms < hold.end_ms else "over" if hold.end_ms <= now_ms else "later"
    cells = (
        f"{start:%H:%M} – {end:%H:%M}" if start.date() == end.date() else f"{start:%m-%d %H:%M} – {end:%m-%d %H:%M}",
        Cell(words.subject(one.institution_id, hold.subject), words.service(one.service)),
        Chip(say(f"console.home.bookings.{state}"), "blue" if state == "now" else ""),
    )
    return Row(f"{hold.subject}-{hold.reference}", cells)


PANEL = HomePanel(
    title="console.home.bookings.title",
    permission=Permission.READ_REQUESTS,
    weight=35,
    side="right",
    read=read,
    build=build,
    applies=lambda console, viewer: bool(lending(departments_of(console.departments, viewer.principal))),
    age_s=30.0,
)
