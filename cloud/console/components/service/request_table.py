"""Requests as rows: service and what was asked, about what, by whom, in which state, how long still, how rated."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.components.row_table import Cell, Column, Markup, Row, RowTable
from cloud.console.numbers import MISSING, near_time
from cloud.console.service_words import ServiceWords
from cloud.console.session import Viewer
from cloud.console.views.request_board import RequestLine
from cloud.services.request import ServiceRequest

COLUMNS = ("service", "subject", "asker", "department", "state", "clock", "rating")
NOT_WRAPPED = ("asker", "department", "state", "clock", "rating")


class RequestTable:
    """The first cell leads to the request's page."""

    def __init__(self, viewer: Viewer) -> None:
        columns = [Column(viewer.say(f"console.request.{name}"), nowrap=name in NOT_WRAPPED) for name in COLUMNS]
        self._table = RowTable(columns, viewer.say("console.request.none"), "requests")

    def show(self, lines: Sequence[RequestLine], words: ServiceWords, now_ms: int) -> None:
        self._table.show([_row(one.request, words, now_ms) for one in lines])


def stars_markup(stars: int) -> Markup:
    """Filled and empty stars."""
    filled, left = "★" * stars, "★" * (5 - stars)
    return Markup(f'<span class="xt-stars">{filled}<i>{left}</i></span>')


def _row(request: ServiceRequest, words: ServiceWords, now_ms: int) -> Row:
    asked = near_time(request.asked_ms, now_ms)
    cells = (
        Cell(words.service(request.service), words.topic(request)),
        Cell(words.subject(request.institution_id, request.subject), words.span(request)),
        Cell(words.who(request.asked_by), asked),
        words.department(request.department),
        words.state(request),
        words.clock(request, now_ms),
        stars_markup(request.rating.stars) if request.rating else MISSING,
    )
    return Row(request.request_id, cells, href=f"/requests/{request.request_id}")
