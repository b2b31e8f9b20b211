"""Requests that one's department has to work, the one that is due first on top."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.console.components.home_table import table_of
from cloud.console.components.service.request_brief import TITLES, request_row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of, requests_to_work
from cloud.core.access import Permission
from cloud.services.request import ServiceRequest

ROWS = 6


@dataclass(frozen=True, slots=True)
class Work:
    requests: tuple[ServiceRequest, ...]
    words: ServiceWords
    now_ms: int


def read(console: Console, viewer: Viewer) -> Work:
    services, principal = console.services, viewer.principal
    found = requests_to_work(services, principal, departments_of(console.departments, principal))
    return Work(tuple(found[:ROWS]), read_service_words(console, viewer), services.clock.now_ms())


PANEL = HomePanel(
    title="console.home.work.title",
    permission=Permission.WORK_REQUEST,
    weight=31,
    read=read,
    build=table_of(
        "work",
        TITLES,
        "console.home.work.none",
        lambda work, console, viewer: [request_row(one, work.words, work.now_ms) for one in work.requests],
    ),
    applies=has_department,
    more="/requests",
)
