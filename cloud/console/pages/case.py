"""One joint case: the departments' words side by side, what it refers to, one's own word, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.form_dialog import ask
from cloud.console.components.service.case_table import deadline, state_chip, title_of
from cloud.console.components.service.case_words import Acts, approvals_panel, closing_panel, references_panel, sentence
from cloud.console.components.severity import chip_label
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page, refuse
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.case_board import CaseDetail, read_case_detail
from cloud.core.access import Permission
from cloud.desks.cases import approve_case, close_case
from foundation.errors import DomainError

REFRESH_S = 3.0

View = tuple[CaseDetail, ServiceWords]


def register(console: Console) -> None:
    """Route `/cases/{case_id}`."""

    @guarded_page(console, "/cases/{case_id}", Permission.READ_CASES)
    async def case_page(viewer: Viewer, request: Request) -> None:
        case_id = request.path_params["case_id"]
        try:
            detail = await asyncio.to_thread(read_case_detail, console.services, viewer.principal, case_id)
        except DomainError:
            refuse(viewer, 404)
            return
        words = await asyncio.to_thread(read_service_words, console, viewer)
        with frame(viewer, "/cases", title_of(detail.line, words)) as light:
            CasePage(console, viewer, case_id, light).build((detail, words))


class CasePage:
    """Drawn anew when something has changed; the deadline in the head runs."""

    def __init__(self, console: Console, viewer: Viewer, case_id: str, light: StatusLight) -> None:
        self._console, self._viewer, self._case_id, self._light = console, viewer, case_id, light
        self._acts = Acts(self._speak, self._close)
        self._drawn: CaseDetail | None = None

    def build(self, view: View) -> None:
        # Dialogs hang here: what asks for them is drawn anew under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        self._head = ui.element("div").classes("xt-device-head")
        self._body = tag(ui.element("div").classes("xt-stack"), "case")
        self._draw(view)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _read(self) -> View:
        detail = read_case_detail(self._console.services, self._viewer.principal, self._case_id)
        return detail, read_service_words(self._console, self._viewer)

    def _draw(self, view: View) -> None:
        detail, words = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._head.clear()
        with self._head:
            ui.link("‹ " + self._viewer.say("console.nav.cases"), "/cases").classes("xt-more")
            ui.label(title_of(detail.line, words)).classes("xt-title")
            tag(chip_label(state_chip(detail.line.case, words)), "case-state")
            tag(chip_label(deadline(detail.line.case, words, now_ms)), "case-due")
        if detail == self._drawn:
            return
        self._drawn = detail
        self._body.clear()
        with self._body:
            sentence(detail.line.case, words)
            approvals_panel(detail, words, self._acts)
            with ui.element("div").classes("xt-grid xt-grid-half"):
                references_panel(detail, words)
                closing_panel(detail, words, self._acts)

    async def _speak(self, department: str, agreed: bool) -> None:
        services, viewer, case_id = self._console.services, self._viewer, self._case_id
        title = viewer.say("console.joint.speak_title", department=self._console.department_name(department, viewer))
        confirm = viewer.say("console.joint.agree" if agreed else "console.joint.refuse")
        note = FieldInput("note", viewer.say("console.joint.note"), "long_text", required=not agreed)
        with self._anchor:
            entered = await ask(viewer, title, (note,), confirm)
        if entered is None:
            return
        text = str(entered.get("note", ""))
        await self._act(
            lambda: approve_case(services, viewer.principal, case_id, agreed=agreed, note=text, department=department),
            "console.joint.spoken",
        )

    async def _close(self) -> None:
        services, viewer, case_id = self._console.services, self._viewer, self._case_id
        title = viewer.say("console.joint.close")
        outcome = FieldInput("note", viewer.say("console.joint.outcome"), "long_text", required=True)
        with self._anchor:
            entered = await ask(viewer, title, (outcome,), title, hint=viewer.say("console.joint.close_hint"))
        if entered is None:
            return
        text = str(entered.get("note", ""))
        await self._act(lambda: close_case(services, viewer.principal, case_id, text), "console.joint.closed")

    async def _act(self, change: Callable[[], Any], told: str) -> None:
        with self._anchor:
            if await self._console.act(self._viewer, change) is not None:
                ui.notify(self._viewer.say(told), type="positive", position="top")
            await self._refresh()
