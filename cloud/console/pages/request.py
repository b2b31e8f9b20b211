"""One request: the sentence on it, its inputs and steps, the clock, what it treats, and what one may do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.form_dialog import ask
from cloud.console.components.row_table import Chip
from cloud.console.components.service.detail_page import DetailPage, Shape, enter
from cloud.console.components.service.request_acts import Acts, acts_panel, questions_of
from cloud.console.components.service.request_facts import facts_panel, life_panel, links_panel, sentence
from cloud.console.components.severity import chip_label
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.service_words import ServiceWords
from cloud.console.session import Viewer
from cloud.console.views.request_board import RequestDetail, read_request_detail
from cloud.core.access import Permission
from cloud.desks.requests import move_request, rate_request
from cloud.services.request_life import Action

SHAPE = Shape(head="xt-stack", body="xt-grid xt-grid-half", test_id="request")


def register(console: Console) -> None:
    """Route `/requests/{request_id}`."""

    @guarded_page(console, "/requests/{request_id}", Permission.READ_REQUESTS)
    async def request_page(viewer: Viewer, request: Request) -> None:
        request_id = request.path_params["request_id"]
        read = partial(read_request_detail, console.services, viewer.principal, request_id)
        view = await enter(console, viewer, read)
        if view is None:
            return
        with frame(viewer, "/requests", view[1].service(view[0].request.service)) as light:
            RequestPage(console, viewer, light, read, request_id).build(view)


class RequestPage(DetailPage[RequestDetail]):
    """Facts on the left; acts, links and life on the right."""

    def __init__(
        self,
        console: Console,
        viewer: Viewer,
        light: StatusLight,
        read: Callable[[], RequestDetail],
        request_id: str,
    ) -> None:
        super().__init__(console, viewer, light, read, SHAPE)
        self._request_id, self._acts = request_id, Acts(self._move, self._rate)

    def draw_head(self, detail: RequestDetail, words: ServiceWords, now_ms: int) -> None:
        say, request = self._viewer.say, detail.request
        with ui.element("div").classes("xt-device-head"):
            ui.link("‹ " + say("console.nav.requests"), "/requests").classes("xt-more")
            subject = words.subject(request.institution_id, request.subject)
            name = say("console.service.name_and", name=words.service(request.service), detail=subject)
            ui.label(name).classes("xt-title")
            tag(chip_label(words.state(request)), "request-state")
            tag(chip_label(words.clock(request, now_ms)), "request-clock")
            if request.is_restricted:
                chip_label(Chip(say("console.request.restricted"), "bad"))
            if request.escalated_ms is not None:
                chip_label(Chip(say("console.request.escalated"), "red"))
        sentence(request, words, now_ms)

    def draw_body(self, detail: RequestDetail, words: ServiceWords) -> None:
        with ui.element("div").classes("xt-stack"):
            facts_panel(detail, words)
        with ui.element("div").classes("xt-stack"):
            acts_panel(detail, self._viewer, self._acts)
            links_panel(detail, words)
            life_panel(detail.request, words)

    async def _move(self, action: Action) -> None:
        services, viewer, request_id = self._console.services, self._viewer, self._request_id
        entered: dict[str, Any] | None = {}
        title = viewer.say(f"request.action.{action}")
        if questions := questions_of(action, viewer):
            with self._anchor:
                entered = await ask(viewer, title, questions, title)
        if entered is None:
            return
        note, assignee = str(entered.get("note", "")), str(entered.get("assignee", ""))
        await self.act(
            lambda: move_request(services, viewer.principal, request_id, action, note, assignee),
            viewer.say("console.request.moved", action=title),
        )

    async def _rate(self, stars: int, comment: str) -> None:
        services, viewer, request_id = self._console.services, self._viewer, self._request_id
        await self.act(
            lambda: rate_request(services, viewer.principal, request_id, stars, comment),
            viewer.say("console.request.rated"),
        )
