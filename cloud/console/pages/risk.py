"""The case page of one risk: why, how bad, from what, what was done, what treats it, and the word on the rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.facts import timeline
from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.form_dialog import ask
from cloud.console.components.panel import panel
from cloud.console.components.risk.risk_acts import Acts, label_panel, treatment_panel
from cloud.console.components.risk.risk_grounds import grounds
from cloud.console.components.risk.risk_links import links_panel
from cloud.console.components.risk.risk_table import status_chip
from cloud.console.components.risk.risk_timeline import steps_of
from cloud.console.components.row_table import Chip
from cloud.console.components.severity import chip_label, severity_chip
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page, refuse
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.risk_case import RiskCase, read_risk_case
from cloud.console.views.risk_register import is_overdue
from cloud.core.access import Permission
from cloud.desks.risks import judge_risk, treat_risk
from cloud.risk.risk import Label
from cloud.risk.rule import TreatmentKind
from cloud.risk.rule_words import name_of
from foundation.errors import DomainError

REFRESH_S = 4.0

View = tuple[RiskCase, RiskWords]


def register(console: Console) -> None:
    """Route `/risks/{risk_id}`."""

    @guarded_page(console, "/risks/{risk_id}", Permission.READ_RISKS)
    async def risk_page(viewer: Viewer, request: Request) -> None:
        risk_id = request.path_params["risk_id"]
        try:
            case = await asyncio.to_thread(read_risk_case, console.services, viewer.principal, risk_id)
        except DomainError:
            refuse(viewer, 404)
            return
        words = await asyncio.to_thread(read_risk_words, console, viewer)
        with frame(viewer, "/risks", name_of(case.risk.rule_id, viewer.language)) as light:
            RiskPage(console, viewer, risk_id, light).build((case, words))


class RiskPage:
    """Grounds on the left; acts, what treats it and its life on the right. Drawn anew when something has changed."""

    def __init__(self, console: Console, viewer: Viewer, risk_id: str, light: StatusLight) -> None:
        self._console, self._viewer, self._risk_id, self._light = console, viewer, risk_id, light
        self._acts = Acts(self._note, self._want_request, self._label)
        self._drawn: object = None

    def build(self, view: View) -> None:
        # Dialogs hang here: what asks for them is drawn anew under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        self._body = tag(ui.element("div").classes("xt-stack"), "risk-case")
        self._draw(view)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _read(self) -> View:
        case = read_risk_case(self._console.services, self._viewer.principal, self._risk_id)
        return case, read_risk_words(self._console, self._viewer)

    def _draw(self, view: View) -> None:
        case, words = view
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        # The precision fades by itself all the time: that alone is no reason to draw anew.
        labels = case.effect.now.labels if case.effect is not None else None
        known = (case.detail, dict(case.requests), case.cases, case.may_act, case.outlook, labels)
        if known == self._drawn:
            return
        self._drawn = known
        self._body.clear()
        with self._body:
            self._head(case, words)
            with ui.element("div").classes("xt-grid xt-grid-half"):
                with ui.element("div").classes("xt-stack"):
                    grounds(self._console, case, words)
                with ui.element("div").classes("xt-stack"):
                    self._right(case, words)

    def _head(self, case: RiskCase, words: RiskWords) -> None:
        say, risk, viewer = self._viewer.say, case.risk, self._viewer
        now_ms = self._console.services.clock.now_ms()
        with ui.element("div").classes("xt-device-head"):
            ui.link("‹ " + say("console.nav.risks"), "/risks").classes("xt-more")
            ui.label(f"{name_of(risk.rule_id, viewer.language)} · {risk.rule_id}").classes("xt-title")
            tag(chip_label(severity_chip(risk.colour, viewer)), "risk-colour")
            tag(chip_label(status_chip(risk, viewer)), "risk-status")
            if risk.label is not None:
                tag(chip_label(Chip(say(f"risk.label.{risk.label.value}"))), "risk-label")
            if is_overdue(risk, now_ms):
                chip_label(Chip(say("console.register.overdue"), "red"))
            if risk.is_restricted:
                chip_label(Chip(say("console.case.restricted"), "bad"))
            ui.label(words.subject(risk.institution_id, risk.subject)).classes("xt-note")

    def _right(self, case: RiskCase, words: RiskWords) -> None:
        viewer = self._viewer
        if case.may_act:
            treatment_panel(case, viewer, self._acts)
        label_panel(case, viewer, self._acts)
        links_panel(case, words)
        with panel(viewer.say("console.case.life")):
            timeline(steps_of(case, words, self._console.services.clock.now_ms()))

    async def _note(self) -> None:
        say = self._viewer.say
        fields = (FieldInput("note", say("console.case.done"), "long_text", required=True),)
        with self._anchor:
            entered = await ask(self._viewer, say("console.case.note"), fields, say("console.save"))
        if entered is not None:
            await self._treat(TreatmentKind.ADVICE, str(entered.get("note", "")))

    async def _want_request(self) -> None:
        await self._treat(TreatmentKind.REQUEST)

    async def _treat(self, kind: TreatmentKind, note: str = "") -> None:
        services, principal = self._console.services, self._viewer.principal
        await self._act(lambda: treat_risk(services, principal, self._risk_id, kind, note), "console.case.treated")

    async def _label(self, label: Label) -> None:
        services, principal = self._console.services, self._viewer.principal
        await self._act(lambda: judge_risk(services, principal, self._risk_id, label), "console.case.labelled")

    async def _act(self, change: Callable[[], Any], told: str) -> None:
        with self._anchor:
            if await self._console.act(self._viewer, change) is not None:
                ui.notify(self._viewer.say(told), type="positive", position="top")
            await self._refresh()
