"""The public's form: a request or a suggestion, the receipt for it, and the question what became of one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from nicegui import ui

from cloud.console.components.field_inputs import FieldInput, FieldInputs
from cloud.console.components.panel import panel
from cloud.console.components.subject_select import SubjectSelect
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import date_time
from cloud.console.session import Viewer
from cloud.console.views.service_inputs import entered_inputs, inputs_of
from cloud.core.access import ANONYMOUS
from cloud.desks.public_requests import PublicState, public_state
from cloud.desks.request_choices import public_subjects_for
from cloud.desks.requests import services_for
from cloud.services.catalogue import Service, load_services
from foundation.errors import DomainError

FILE_PATH = "/public/requests"
ANSWER_TIMEOUT_S = 20.0

# The browser sends it, so that the server sees the stranger's own address and which site the form stands on.
_SEND = """
const headers = {'Content-Type': 'application/json'};
const answer = await fetch(%s, {method: 'POST', headers, body: JSON.stringify(%s)});
return [answer.status, await answer.json()];
"""


class PublicForm:
    """Both forms of one institution."""

    def __init__(self, console: Console, viewer: Viewer, institution_id: str) -> None:
        self._console, self._viewer, self._institution = console, viewer, institution_id
        self._services = [one for one in services_for(ANONYMOUS) if "public" in one.audience]
        self._service = self._services[0]

    def build(self) -> None:
        say, language = self._viewer.say, self._viewer.language
        with tag(ui.element("div"), "public-form"), panel(say("public.ask"), note=say("public.ask_hint")):
            names = {one.code: one.name[language] for one in self._services}
            kinds = ui.toggle(names, value=self._service.code, on_change=lambda event: self._choose(event.value))
            tag(kinds, "public-service").props("no-caps unelevated dense").classes("xt-toggle")
            self._body = ui.element("div").classes("xt-stack")
        self._fill()

    def build_state(self) -> None:
        say = self._viewer.say
        with tag(ui.element("div"), "public-state-form"), panel(say("public.state"), note=say("public.state_hint")):
            self._proof = FieldInputs(
                [
                    FieldInput("reference", say("public.reference"), required=True),
                    FieldInput("code", say("public.code"), required=True),
                ]
            )
            self._answer = tag(ui.label("").classes("xt-note"), "public-state")
            with ui.element("div").classes("xt-buttons"):
                tag(ui.button(say("public.look"), on_click=self._look), "ask-state").props("unelevated no-caps")

    def _choose(self, code: str) -> None:
        self._service = load_services()[code]
        self._fill()

    def _fill(self) -> None:
        say, service = self._viewer.say, self._service
        choices = public_subjects_for(self._console.services, ANONYMOUS, service.code, self._institution)
        self._body.clear()
        with self._body:
            ui.label(service.description[self._viewer.language]).classes("xt-note")
            self._subject = SubjectSelect(choices, self._viewer)
            self._inputs = FieldInputs(inputs_of(service, self._viewer, has_note=False))
            self._problem = tag(ui.label("").classes("xt-wrong"), "public-problem")
            with ui.element("div").classes("xt-buttons"):
                tag(ui.button(say("public.send"), on_click=self._send), "send-public").props("unelevated no-caps")

    async def _send(self) -> None:
        if not self._subject.value:
            self._problem.set_text(self._viewer.say("console.request.missing_subject"))
            return
        wanted = {
            "institution": self._institution,
            "service": self._service.code,
            "subject": self._subject.value,
            "fields": entered_inputs(self._service, self._inputs.values()),
        }
        script = _SEND % (json.dumps(FILE_PATH), json.dumps(wanted))
        try:
            status, answer = await ui.run_javascript(script, timeout=ANSWER_TIMEOUT_S)
        except TimeoutError:
            self._problem.set_text(self._viewer.say("public.no_answer"))
            return
        if status == 201:
            self._show_receipt(answer)
        else:
            self._problem.set_text(str(answer.get("message") or self._viewer.say("public.not_sent")))

    def _show_receipt(self, receipt: dict[str, Any]) -> None:
        say = self._viewer.say
        self._body.clear()
        with self._body, tag(ui.element("div").classes("xt-receipt"), "receipt"):
            ui.label(say("public.received")).classes("xt-field-title")
            for name in ("reference", "code"):
                ui.label(say(f"public.{name}")).classes("xt-note")
                tag(ui.label(str(receipt[name])).classes("xt-receipt-word"), f"receipt-{name}")
            ui.label(say("public.keep")).classes("xt-note")
            again = ui.button(say("public.again"), on_click=self._fill)
            again.props("flat dense no-caps")

    async def _look(self) -> None:
        entered = self._proof.values()
        reference, code = str(entered.get("reference", "")), str(entered.get("code", ""))
        try:
            found = await asyncio.to_thread(public_state, self._console.services, ANONYMOUS, reference, code)
        except DomainError:
            self._answer.set_text(self._viewer.say("public.state_unknown"))
            return
        self._answer.set_text(self._told(found, load_services().get(found.service)))

    def _told(self, found: PublicState, service: Service | None) -> str:
        return self._viewer.say(
            "public.state_told",
            reference=found.reference,
            service=service.name[self._viewer.language] if service else found.service,
            asked=date_time(found.asked_ms),
            state=self._viewer.say(f"request.state.{found.state}"),
            changed=date_time(found.changed_ms),
            finish=date_time(found.finish_by_ms),
        )
