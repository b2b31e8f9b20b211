"""Requests, cases and grants as rows of short tables, in the viewer's language."""

from __future__ import annotations

from cloud.console.components.row_table import Cell, Chip, Row
from cloud.console.context import Console
from cloud.console.numbers import near_time
from cloud.console.risk_words import RiskWords
from cloud.console.session import Viewer
from cloud.services.catalogue import load_services
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import FINISHED, is_overdue

TONES = {
    RequestState.SUBMITTED: "orange",
    RequestState.ACCEPTED: "blue",
    RequestState.ASSIGNED: "blue",
    RequestState.IN_PROGRESS: "blue",
    RequestState.DONE: "good",
    RequestState.CONFIRMED: "good",
    RequestState.REJECTED: "red",
}


def service_name(code: str, viewer: Viewer) -> str:
    """The service's name; its code when the catalogue no longer has it."""
    service = load_services().get(code)
    return service.name[viewer.language] if service else code


def state_chip(request: ServiceRequest, viewer: Viewer) -> Chip:
    return Chip(viewer.say(f"request.state.{request.state.value}"), TONES.get(request.state, ""))


def request_row(request: ServiceRequest, words: RiskWords, console: Console, now_ms: int) -> Row:
    """State, service and subject, who serves it, until when; leads to the request."""
    viewer = words.viewer
    due = near_time(request.finish_by_ms, now_ms)
    is_late = is_overdue(request, now_ms)
    end = Chip(due, "red", viewer.say("console.home.overdue")) if is_late else due
    cells = (
        state_chip(request, viewer),
        Cell(service_name(request.service, viewer), words.subject(request.institution_id, request.subject)),
        Cell(console.department_name(request.department, viewer), _hand(request, viewer)),
        "" if request.state in FINISHED else end,
    )
    return Row(request.request_id, cells, f"/requests/{request.request_id}", 1)


def _hand(request: ServiceRequest, viewer: Viewer) -> str:
    """Who has it in hand, or the stars it got."""
    if request.rating is not None:
        return "★" * request.rating.stars
    return viewer.say("console.home.in_hand", name=request.assigned_to) if request.assigned_to else ""
