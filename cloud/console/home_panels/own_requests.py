"""What one has asked for oneself, with how far it is; what is done waits for stars."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Row
from cloud.console.components.service.request_brief import TITLES, request_row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.mine import own_requests
from cloud.core.access import Permission
from cloud.services.request import ServiceRequest

ROWS = 8
View = tuple[list[ServiceRequest], ServiceWords]


def read(console: Console, viewer: Viewer) -> View:
    found = own_requests(console.services, viewer.principal)
    return found[:ROWS], read_service_words(console, viewer)


def rows(view: View, console: Console, viewer: Viewer) -> list[Row]:
    requests, words = view
    now_ms = console.services.clock.now_ms()
    return [request_row(one, words, now_ms) for one in requests]


PANEL = HomePanel(
    title="console.home.own.title",
    permission=Permission.FILE_REQUEST,
    weight=41,
    read=read,
    build=table_of("own-requests", TITLES, "console.home.own.none", rows),
    more="/requests",
    age_s=8.0,
)
