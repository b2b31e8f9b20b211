"""A new joint case, over the page: the matter, where, which departments are asked, until when, and for which risks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from nicegui import ui

from cloud.console.components.field_inputs import FieldInput, FieldInputs
from cloud.console.components.subject_select import SubjectSelect
from cloud.console.components.tag import tag
from cloud.console.service_words import ServiceWords
from cloud.console.views.service_inputs import local_ms
from cloud.core.calendar import to_local
from cloud.desks.cases import CaseDraft, open_case
from cloud.desks.request_choices import things_of
from cloud.desks.request_parties import departments_of
from cloud.desks.risks import risks_for
from cloud.risk.rule_words import name_of
from foundation.errors import DomainError

DUE_DAYS = 3
MOST_RISKS = 100


class CaseForm:
    """`open` comes back when the dialog is closed, with a case opened or not."""

    def __init__(self, words: ServiceWords) -> None:
        self._words, self._viewer, self._console = words, words.viewer, words.console
        self._institution = min(self._viewer.principal.institution_ids, default="")

    async def open(self) -> None:
        services, principal, say = self._console.services, self._viewer.principal, self._viewer.say
        things = await self._console.act(self._viewer, lambda: things_of(services, principal, self._institution))
        if things is None:
            return
        risks = await asyncio.to_thread(self._open_risks)
        with ui.dialog() as self._dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "case-form"):
            ui.label(say("console.joint.new")).classes("xt-title")
            self._inputs = FieldInputs(self._fields())
            self._subject = SubjectSelect(things, self._viewer)
            self._departments = self._many(self._department_names(), "console.joint.departments", "departments")
            self._risks = self._many(risks, "console.joint.risks", "risks")
            self._problem = tag(ui.label("").classes("xt-wrong"), "case-problem")
            with ui.element("div").classes("xt-buttons"):
                cancel = ui.button(say("console.cancel"), on_click=self._dialog.close)
                cancel.props("flat no-caps color=secondary")
                go = ui.button(say("console.joint.new"), on_click=self._open_case)
                tag(go, "open-case").props("unelevated no-caps")
        await self._dialog
        # Whoever leaves the page takes the dialog with it.
        if not self._dialog.is_deleted:
            self._dialog.delete()

    def _fields(self) -> list[FieldInput]:
        say, now_ms = self._viewer.say, self._console.services.clock.now_ms()
        due = (to_local(now_ms) + timedelta(days=DUE_DAYS)).strftime("%Y-%m-%dT18:00")
        leads = sorted(departments_of(self._console.services, self._viewer.principal))
        named = tuple((one, self._words.department(one)) for one in leads)
        own = self._viewer.principal.department
        lead = own if own in leads else next(iter(leads), None)
        return [
            FieldInput("title", say("console.joint.title"), required=True),
            FieldInput("lead", say("console.joint.lead"), "choice", required=True, choices=named, value=lead),
            FieldInput("due", say("console.joint.due"), "time", required=True, value=due),
        ]

    def _many(self, options: dict[str, str], key: str, marker: str) -> ui.select:
        select = ui.select(options, label=self._viewer.say(key), multiple=True, value=[])
        return tag(select, f"input-{marker}").props("dense outlined use-chips").classes("xt-wide")

    def _department_names(self) -> dict[str, str]:
        return {one.id: self._words.department(one.id) for one in self._console.departments.all()}

    def _open_risks(self) -> dict[str, str]:
        """Open risks that several departments may read."""
        services, principal = self._console.services, self._viewer.principal
        found = risks_for(services, principal, {self._institution}, only_open=True, limit=MOST_RISKS)
        language = self._viewer.language
        return {
            one.risk_id: f"{name_of(one.rule_id, language)} · {self._words.subject(one.institution_id, one.subject)}"
            for one in found
            if not one.is_restricted
        }

    async def _open_case(self) -> None:
        entered, due_ms = self._inputs.values(), local_ms(self._inputs.values().get("due"))
        if not self._subject.value:
            self._problem.set_text(self._viewer.say("console.request.missing_subject"))
            return
        draft = CaseDraft(
            institution_id=self._institution,
            title=str(entered.get("title", "")),
            subject=self._subject.value,
            departments=tuple(self._departments.value or ()),
            due_ms=due_ms or 0,
            lead=entered.get("lead"),
            risk_ids=tuple(self._risks.value or ()),
        )
        services, principal = self._console.services, self._viewer.principal
        opened = await self._console.act(
            self._viewer, lambda: open_case(services, principal, draft), refused=self._tell_problem
        )
        if opened is not None:
            ui.notify(self._viewer.say("console.joint.opened_told"), type="positive", position="top")
            self._dialog.close()

    def _tell_problem(self, error: DomainError) -> None:
        self._problem.set_text(self._words.refusal(error))
