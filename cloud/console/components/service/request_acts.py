"""What one may do with a request now: the moves that its state and one's part in it allow, and the rating."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.session import Viewer
from cloud.console.views.request_board import RequestDetail
from cloud.services.request_life import Action

LEADING = (Action.ACCEPT, Action.START, Action.FINISH, Action.CONFIRM, Action.CLOSE)
AGAINST = (Action.REJECT, Action.CANCEL)
ICONS = {
    Action.ACCEPT: "check",
    Action.ASSIGN: "person_add",
    Action.START: "play_arrow",
    Action.FINISH: "task_alt",
    Action.CONFIRM: "thumb_up",
    Action.CLOSE: "archive",
    Action.REJECT: "block",
    Action.CANCEL: "undo",
    Action.REOPEN: "replay",
}
MOST_STARS = 5


@dataclass(frozen=True, slots=True)
class Acts:
    """What the buttons do."""

    move: Callable[[Action], Awaitable[None]]
    rate: Callable[[int, str], Awaitable[None]]


def acts_panel(detail: RequestDetail, viewer: Viewer, acts: Acts) -> None:
    """Buttons in the order of the request's life; a word when there is nothing to do."""
    say = viewer.say
    with tag(ui.element("div"), "request-acts"), panel(say("console.request.acts")):
        if not detail.actions and not detail.may_rate:
            ui.label(say("console.request.no_acts")).classes("xt-note")
        if detail.actions:
            with ui.element("div").classes("xt-case-buttons"):
                for action in detail.actions:
                    _button(action, viewer, acts)
        if detail.may_rate:
            _rating(viewer, acts)


def questions_of(action: Action, viewer: Viewer) -> tuple[FieldInput, ...]:
    """What the person is asked before the move is made; none for a move that explains itself."""
    say = viewer.say
    if action is Action.ASSIGN:
        return (FieldInput("assignee", say("console.request.by_whom"), required=True),)
    if action in (Action.REJECT, Action.REOPEN):
        return (FieldInput("note", say("console.request.reason"), "long_text", required=True),)
    if action is Action.FINISH:
        return (FieldInput("note", say("console.request.done"), "long_text"),)
    if action is Action.CANCEL:
        return (FieldInput("note", say("console.request.reason"), "long_text"),)
    return ()


def _button(action: Action, viewer: Viewer, acts: Acts) -> None:
    async def press() -> None:
        await acts.move(action)

    button = ui.button(viewer.say(f"request.action.{action}"), icon=ICONS[action], on_click=press)
    look = "unelevated" if action in LEADING else "outline"
    colour = " color=negative" if action in AGAINST else ""
    tag(button.props(f"{look} dense no-caps{colour}").classes("xt-button"), f"act-{action.value}")


def _rating(viewer: Viewer, acts: Acts) -> None:
    say = viewer.say

    async def send() -> None:
        await acts.rate(int(stars.value or 0), str(comment.value or ""))

    ui.label(say("console.request.rate")).classes("xt-field-title")
    with ui.element("div").classes("xt-rating"):
        stars = tag(ui.rating(value=0, max=MOST_STARS, color="orange", size="26px"), "stars")
        comment = tag(ui.input(say("console.request.comment")).props("dense outlined"), "rating-comment")
        button = ui.button(say("console.request.send_rating"), on_click=send)
        tag(button.props("unelevated dense no-caps").classes("xt-button"), "send-rating")
        button.bind_enabled_from(stars, "value", bool)
