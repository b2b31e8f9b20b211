"""One request: the sentence on it, its inputs and steps, the clock, what it treats, and what one may do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.form_dialog import ask
from cloud.console.components.row_table import Chip
from cloud.console.components.service.request_acts import Acts, acts_panel, questions_of
from cloud.console.components.service.request_facts import facts_panel, life_panel, links_panel, sentence
from cloud.console.components.severity import chip_label
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page, refuse
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.request_board import RequestDetail, read_request_detail
from cloud.core.access import Permission
from cloud.desks.requests import move_request, rate_request
from cloud.services.request_life import Action
from foundation.errors import DomainError

REFRESH_S = 3.0

View = tuple[RequestDetail, ServiceWords]


def register(console: Console) -> None:
    """Route `/requests/{request_id}`."""

    @guarded_page(console, "/requests/{request_id}", Permission.READ_REQUESTS)
    async def request_page(viewer: Viewer, request: Request) -> None:
        request_id = request.path_params["request_id"]
        try:
            detail = await asyncio.to_thread(read_request_detail, console.services, viewer.principal, request_id)
        except DomainError:
            refuse(viewer, 404)
            return
        words = await asyncio.to_thread(read_service_words, console, viewer)
        with frame(viewer, "/requests", words.service(detail.request.service)) as light:
            RequestPage(console, viewer, request_id, light).build((detail, words))


class RequestPage:
    """Facts on the left; acts, links and life on the right. The body is drawn anew when the request has changed."""

    def __init__(self, console: Console, viewer: Viewer, request_id: str, light: StatusLight) -> None:
        self._console, self._viewer, self._request_id, self._light = console, viewer, request_id, light
        self._acts = Acts(self._move, self._rate)
        self._drawn: RequestDetail | None = None

    def build(self, view: View) -> None:
        # Dialogs hang here: what asks for them is drawn anew under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        self._head = ui.element("div").classes("xt-stack")
        self._body = tag(ui.element("div").classes("xt-grid xt-grid-half"), "request")
        self._draw(view)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _read(self) -> View:
        detail = read_request_detail(self._console.services, self._viewer.principal, self._request_id)
        return detail, read_service_words(self._console, self._viewer)

    def _draw(self, view: View) -> None:
        detail, words = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        # The clock in the head runs; what is being typed below must stay.
        self._head.clear()
        with self._head:
            self._draw_head(detail, words, now_ms)
        if detail == self._drawn:
            return
        self._drawn = detail
        self._body.clear()
        with self._body:
            with ui.element("div").classes("xt-stack"):
                facts_panel(detail, words)
            with ui.element("div").classes("xt-stack"):
                acts_panel(detail, self._viewer, self._acts)
                links_panel(detail, words)
                life_panel(detail.request, words)

    def _draw_head(self, detail: RequestDetail, words: ServiceWords, now_ms: int) -> None:
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
        await self._act(
            lambda: move_request(services, viewer.principal, request_id, action, note, assignee),
            viewer.say("console.request.moved", action=title),
        )

    async def _rate(self, stars: int, comment: str) -> None:
        services, viewer, request_id = self._console.services, self._viewer, self._request_id
        await self._act(
            lambda: rate_request(services, viewer.principal, request_id, stars, comment),
            viewer.say("console.request.rated"),
        )

    async def _act(self, change: Callable[[], Any], told: str) -> None:
        with self._anchor:
            if await self._console.act(self._viewer, change) is not None:
                ui.notify(told, type="positive", position="top")
            await self._refresh()
