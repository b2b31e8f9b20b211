"""One joint case: the departments' words side by side, what it refers to, one's own word, and its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.form_dialog import ask
from cloud.console.components.service.case_table import deadline, state_chip, title_of
from cloud.console.components.service.case_words import Acts, approvals_panel, closing_panel, references_panel, sentence
from cloud.console.components.service.detail_page import DetailPage, Shape, enter
from cloud.console.components.severity import chip_label
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.service_words import ServiceWords
from cloud.console.session import Viewer
from cloud.console.views.case_board import CaseDetail, read_case_detail
from cloud.core.access import Permission
from cloud.desks.cases import approve_case, close_case

SHAPE = Shape(head="xt-device-head", body="xt-stack", test_id="case")


def register(console: Console) -> None:
    """Route `/cases/{case_id}`."""

    @guarded_page(console, "/cases/{case_id}", Permission.READ_CASES)
    async def case_page(viewer: Viewer, request: Request) -> None:
        case_id = request.path_params["case_id"]
        read = partial(read_case_detail, console.services, viewer.principal, case_id)
        view = await enter(console, viewer, read)
        if view is None:
            return
        with frame(viewer, "/cases", title_of(view[0].line, view[1])) as light:
            CasePage(console, viewer, light, read, case_id).build(view)


class CasePage(DetailPage[CaseDetail]):
    """The departments' words, references, and the end; the deadline in the head runs."""

    def __init__(
        self,
        console: Console,
        viewer: Viewer,
        light: StatusLight,
        read: Callable[[], CaseDetail],
        case_id: str,
    ) -> None:
        super().__init__(console, viewer, light, read, SHAPE)
        self._case_id, self._acts = case_id, Acts(self._speak, self._close)

    def draw_head(self, detail: CaseDetail, words: ServiceWords, now_ms: int) -> None:
        ui.link("‹ " + self._viewer.say("console.nav.cases"), "/cases").classes("xt-more")
        ui.label(title_of(detail.line, words)).classes("xt-title")
        tag(chip_label(state_chip(detail.line.case, words)), "case-state")
        tag(chip_label(deadline(detail.line.case, words, now_ms)), "case-due")

    def draw_body(self, detail: CaseDetail, words: ServiceWords) -> None:
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
        await self.act(
            lambda: approve_case(services, viewer.principal, case_id, agreed=agreed, note=text, department=department),
            viewer.say("console.joint.spoken"),
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
        told = viewer.say("console.joint.closed")
        await self.act(lambda: close_case(services, viewer.principal, case_id, text), told)
