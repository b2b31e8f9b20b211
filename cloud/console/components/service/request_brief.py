"""A request as one row of a short table: how far it is, what it is about, who serves it, how long still."""

from __future__ import annotations

from cloud.console.components.row_table import Cell, Row, Shown
from cloud.console.components.service.request_table import stars_markup
from cloud.console.service_words import ServiceWords
from cloud.services.request import ServiceRequest
from cloud.services.request_life import FINISHED

TITLES = ("console.home.state", "console.home.service", "console.home.served_by", "console.home.due")


def request_row(request: ServiceRequest, words: ServiceWords, now_ms: int) -> Row:
    """The cells of TITLES; leads to the request. A rating stands in the place of the time that is left."""
    is_in_hand = request.assigned_to is not None and request.state not in FINISHED
    in_hand = words.viewer.say("console.home.in_hand", name=request.assigned_to) if is_in_hand else ""
    last: Shown = stars_markup(request.rating.stars) if request.rating else words.clock(request, now_ms)
    cells = (
        words.state(request),
        Cell(words.service(request.service), words.subject(request.institution_id, request.subject)),
        Cell(words.department(request.department), in_hand),
        last,
    )
    return Row(request.request_id, cells, f"/requests/{request.request_id}", 1)
