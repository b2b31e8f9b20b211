"""The whole institution as a workbook: taken away, changed, handed back; a dry run first, then one button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from cloud.console.components.facts import facts
from cloud.console.components.file_drop import file_drop
from cloud.console.components.mistake_table import mistake_table
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.session import Viewer
from cloud.core.institution import InstitutionModel
from cloud.core.institution_check import PARTS
from cloud.core.institution_workbook import ReadWorkbook
from cloud.desks.institution import check_workbook, export_workbook, import_workbook, read_model


class InstitutionWorkbook:
    """For whoever may write the institution; `on_done` hears when it was replaced."""

    def __init__(
        self, console: Console, viewer: Viewer, institution_id: str, on_done: Callable[[], Awaitable[None]]
    ) -> None:
        self._console, self._viewer, self._institution_id = console, viewer, institution_id
        self._on_done = on_done

    def build(self) -> None:
        say = self._viewer.say
        ui.label(say("console.institution.workbook_hint")).classes("xt-hint")
        with ui.element("div").classes("xt-grid xt-grid-half"):
            fetch = ui.button(say("console.institution.fetch"), icon="download", on_click=self._fetch)
            tag(fetch, "fetch-workbook").props("outline no-caps").classes("xt-enter")
            file_drop(self._viewer, say("console.institution.hand_in"), ".xlsx", "institution-file", self._check)
        self._answer = tag(ui.element("div").classes("xt-stack"), "workbook-answer")

    async def _fetch(self) -> None:
        services, viewer, institution_id = self._console.services, self._viewer, self._institution_id
        content = await self._console.act(
            viewer, lambda: export_workbook(services, viewer.principal, institution_id, viewer.language)
        )
        if content is not None:
            ui.download.content(content, f"{institution_id}.xlsx")

    async def _check(self, name: str, content: bytes) -> None:
        services, principal, institution_id = self._console.services, self._viewer.principal, self._institution_id

        def check() -> tuple[ReadWorkbook, InstitutionModel]:
            read = check_workbook(services, principal, institution_id, name, content)
            return read, read_model(services, principal, institution_id)

        found = await self._console.act(self._viewer, check)
        self._answer.clear()
        if found is not None:
            with self._answer:
                self._show(name, content, *found)

    def _show(self, name: str, content: bytes, read: ReadWorkbook, before: InstitutionModel) -> None:
        say, model = self._viewer.say, read.model
        if model is None:
            ui.label(say("console.records.wrong", file=name)).classes("xt-field-title xt-wrong")
            mistake_table(self._viewer, read.mistakes, read.mistake_count)
            return
        ui.label(say("console.records.checked", file=name)).classes("xt-field-title")
        counts = [
            (say(f"institution.sheet.{part}"), f"{len(getattr(before, part)):,} → {len(getattr(model, part)):,}")
            for part, _ in PARTS
        ]
        facts(counts, "workbook-facts")
        enter = ui.button(say("console.institution.replace"), icon="done", on_click=lambda: self._enter(name, content))
        tag(enter, "enter-workbook").props("unelevated no-caps").classes("xt-enter")

    async def _enter(self, name: str, content: bytes) -> None:
        services, principal, institution_id = self._console.services, self._viewer.principal, self._institution_id
        read = await self._console.act(
            self._viewer, lambda: import_workbook(services, principal, institution_id, name, content)
        )
        if read is None:
            return
        self._answer.clear()
        with self._answer:
            if read.model is None:
                mistake_table(self._viewer, read.mistakes, read.mistake_count)
            else:
                done = ui.label(self._viewer.say("console.records.entered", file=name))
                tag(done, "workbook-entered").classes("xt-field-title xt-right-done")
        await self._on_done()
