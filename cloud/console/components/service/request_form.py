"""A new request, over the page: choose the service, then what it asks for; why it was refused stands in the form."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import ui

from cloud.console.components.field_inputs import FieldInputs
from cloud.console.components.panel import empty
from cloud.console.components.service.service_cards import service_cards
from cloud.console.components.subject_select import SubjectSelect
from cloud.console.components.tag import tag
from cloud.console.service_words import ServiceWords
from cloud.console.views.booked_spans import booked_spans
from cloud.console.views.service_inputs import entered_inputs, inputs_of, local_ms
from cloud.desks.request_choices import subjects_for
from cloud.desks.requests import RequestDraft, file_request, services_for
from cloud.services.catalogue import Service
from foundation.errors import DomainError


class RequestForm:
    """`open` comes back when the dialog is closed, with a request filed or not."""

    def __init__(self, words: ServiceWords) -> None:
        self._words, self._viewer, self._console = words, words.viewer, words.console
        self._institution = min(self._viewer.principal.institution_ids, default="")

    async def open(self, service: Service | None = None) -> None:
        """With a service its form is there at once; otherwise the person chooses first."""
        with ui.dialog() as self._dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "request-form"):
            self._body = ui.element("div").classes("xt-stack")
        if service is None:
            self._choose()
        else:
            await self._fill(service)
        await self._dialog
        # Whoever leaves the page takes the dialog with it.
        if not self._dialog.is_deleted:
            self._dialog.delete()

    def _choose(self) -> None:
        say = self._viewer.say
        self._body.clear()
        with self._body:
            ui.label(say("console.request.choose")).classes("xt-title")
            self._choose_institution()
            offered = [one for one in services_for(self._viewer.principal) if "staff" in one.audience]
            service_cards(offered, self._words, self._fill)
            if not offered:
                empty(say("console.request.none"))

    def _choose_institution(self) -> None:
        """Only who works for several is asked."""
        known = sorted(self._viewer.principal.institution_ids)
        if len(known) > 1:
            names = {one: self._words.subject(one, f"institution:{one}") for one in known}
            chosen = ui.select(names, value=self._institution, label=self._viewer.say("console.request.institution"))
            chosen.props("dense outlined").on_value_change(lambda event: setattr(self, "_institution", event.value))

    async def _fill(self, service: Service) -> None:
        services, principal, institution = self._console.services, self._viewer.principal, self._institution
        choices = await self._console.act(
            self._viewer, lambda: subjects_for(services, principal, service.code, institution)
        )
        if choices is None:
            return
        self._service, say = service, self._viewer.say
        self._body.clear()
        with self._body:
            with ui.element("div").classes("xt-device-head"):
                ui.label(service.name[self._viewer.language]).classes("xt-title")
                ui.label(self._words.level(service)).classes("xt-note")
            self._subject = SubjectSelect(choices, self._viewer, self._show_taken)
            self._inputs = FieldInputs(inputs_of(service, self._viewer), self._show_taken)
            self._taken = tag(ui.label("").classes("xt-note"), "taken")
            self._problem = tag(ui.label("").classes("xt-wrong"), "request-problem")
            with ui.element("div").classes("xt-buttons"):
                back = ui.button(say("console.request.back"), on_click=self._choose)
                tag(back, "request-back").props("flat no-caps color=secondary")
                go = ui.button(say("console.request.file"), on_click=self._file)
                tag(go, "file-request").props("unelevated no-caps")

    async def _show_taken(self) -> None:
        """What else is booked on the day that was chosen."""
        subject, start_ms = self._subject.value, local_ms(self._inputs.values().get("start"))
        if self._service.booking is None or not subject or start_ms is None:
            return
        spans = await asyncio.to_thread(self._spans_of_day, subject, start_ms)
        say = self._viewer.say
        text = say("console.request.taken_day", spans=", ".join(spans)) if spans else say("console.request.free_day")
        self._taken.set_text(text)

    def _spans_of_day(self, subject: str, start_ms: int) -> list[str]:
        services, principal = self._console.services, self._viewer.principal
        return booked_spans(services, principal, self._service.code, self._institution, subject, start_ms)

    async def _file(self) -> None:
        entered = self._inputs.values()
        subject = self._subject.value
        if not subject:
            self._problem.set_text(self._viewer.say("console.request.missing_subject"))
            return
        draft = RequestDraft(
            self._institution,
            self._service.code,
            subject,
            entered_inputs(self._service, entered),
            str(entered.get("note", "")),
            local_ms(entered.get("start")),
            local_ms(entered.get("end")),
        )
        refusals: list[DomainError] = []
        services, principal = self._console.services, self._viewer.principal
        filed: Any = await self._console.act(
            self._viewer, lambda: file_request(services, principal, draft), refused=refusals.append
        )
        if filed is not None:
            told = self._viewer.say("console.request.filed", service=self._words.service(filed.service))
            ui.notify(told, type="positive", position="top")
            self._dialog.close()
        elif refusals:
            self._problem.set_text(await asyncio.to_thread(self._why, refusals[0], draft))

    def _why(self, error: DomainError, draft: RequestDraft) -> str:
        """For something that is taken also when it is taken."""
        if error.code != "error.booking_conflict" or draft.start_ms is None:
            return self._words.refusal(error, self._service)
        spans = self._spans_of_day(draft.subject, draft.start_ms)
        name = self._words.subject(draft.institution_id, draft.subject)
        return self._viewer.say("console.request.taken", subject=name, spans=", ".join(spans))
