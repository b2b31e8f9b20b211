"""Handing in a file of records: always a dry run first, with every mistake and a preview, then one button to enter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import ui

from cloud.console.components.books.record_rows import record_columns
from cloud.console.components.facts import facts
from cloud.console.components.file_drop import TABLES, file_drop
from cloud.console.components.mistake_table import mistake_table
from cloud.console.components.row_table import Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.risk_words import read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.record_rows import NamesBySubject, department_names, table_of_records
from cloud.desks.records import HandedIn, ImportAnswer, check_import, import_records, template
from cloud.records.kind import RecordKind

COUNTS = ("new", "changed", "same")


class RecordImporter:
    """Keeps the bytes that were checked: exactly these are entered."""

    def __init__(
        self, console: Console, viewer: Viewer, kind: RecordKind, on_entered: Callable[[], Awaitable[None]]
    ) -> None:
        self._console, self._viewer, self._kind, self._on_entered = console, viewer, kind, on_entered
        self._institution = min(viewer.principal.institution_ids, default="")
        self._file: tuple[str, bytes] | None = None
        self._mapping: tuple[str, bytes] | None = None
        self._names: NamesBySubject = {}

    def build(self) -> None:
        say, viewer = self._viewer.say, self._viewer
        ui.label(say("console.records.import_hint")).classes("xt-hint")
        with ui.element("div").classes("xt-file-row"):
            file_drop(viewer, say("console.records.file"), TABLES, "record-file", self._take_file)
            file_drop(viewer, say("console.records.mapping"), ".yaml,.yml", "record-mapping", self._take_mapping)
            with ui.element("div").classes("xt-stack"):
                fetch = ui.button(say("console.records.template"), icon="download", on_click=self._fetch_template)
                tag(fetch, "template").props("outline no-caps dense").classes("xt-button")
                self._choose_institution()
                self._mapped = tag(ui.label("").classes("xt-note"), "mapping-name")
        self._answer = tag(ui.element("div").classes("xt-stack"), "import-answer")

    def _choose_institution(self) -> None:
        """Only who works for several is asked."""
        known = sorted(self._viewer.principal.institution_ids)
        if len(known) > 1:
            chosen = ui.select(known, value=self._institution, label=self._viewer.say("console.home.institution"))
            chosen.props("dense outlined").on_value_change(lambda event: setattr(self, "_institution", event.value))

    def _fetch_template(self) -> None:
        content = template(self._viewer.principal, self._kind.id, self._viewer.language)
        ui.download.content(content, f"{self._kind.id}.xlsx")

    async def _take_file(self, name: str, content: bytes) -> None:
        self._file = name, content
        await self._check()

    async def _take_mapping(self, name: str, content: bytes) -> None:
        self._mapping = name, content
        self._mapped.set_text(self._viewer.say("console.records.mapped", file=name))
        if self._file is not None:
            await self._check()

    def _handed_in(self) -> HandedIn:
        name, content = self._file or ("", b"")
        mapping_name, mapping = self._mapping or ("", None)
        return HandedIn(self._institution, self._kind.id, name, content, mapping, mapping_name)

    async def _check(self) -> None:
        services, principal, handed_in = self._console.services, self._viewer.principal, self._handed_in()
        answer = await self._console.act(self._viewer, lambda: check_import(services, principal, handed_in))
        words = await asyncio.to_thread(read_risk_words, self._console, self._viewer)
        self._names = department_names(services, words.names)
        self._answer.clear()
        if answer is not None:
            with self._answer:
                self._show(answer, handed_in)

    async def _enter(self, handed_in: HandedIn) -> None:
        services, principal = self._console.services, self._viewer.principal
        answer = await self._console.act(self._viewer, lambda: import_records(services, principal, handed_in))
        if answer is None:
            return
        self._answer.clear()
        with self._answer:
            self._show(answer, handed_in)
        await self._on_entered()

    def _show(self, answer: ImportAnswer, handed_in: HandedIn) -> None:
        say, checked, compared = self._viewer.say, answer.checked, answer.comparison
        step = "wrong" if checked.mistake_count else "checked" if answer.entered is None else "entered"
        title = tag(
            ui.label(say(f"console.records.{step}", file=checked.file)).classes("xt-field-title"), "import-step"
        )
        title.classes({"wrong": "xt-wrong", "entered": "xt-right-done"}.get(step, ""))
        told = [(say("console.records.rows"), f"{checked.rows:,}")]
        if not checked.mistake_count:
            told += [(say(f"console.records.{one}"), f"{getattr(compared, one):,}") for one in COUNTS]
        if checked.ignored:
            told.append((say("console.records.ignored"), say("console.and").join(checked.ignored)))
        facts([*told, ("SHA-256", checked.digest)], "import-facts")
        if checked.mistake_count:
            mistake_table(self._viewer, checked.mistakes, checked.mistake_count)
        elif answer.entered is None:
            enter = ui.button(say("console.records.enter", n=f"{checked.rows:,}"), icon="done")
            enter.on_click(lambda: self._enter(handed_in))
            tag(enter, "enter-records").props("unelevated no-caps").classes("xt-enter")
        self._preview(answer)

    def _preview(self, answer: ImportAnswer) -> None:
        if not answer.preview:
            return
        found = table_of_records(self._kind, answer.preview, self._names, self._viewer.language)
        ui.label(self._viewer.say("console.records.preview", n=len(found.rows))).classes("xt-note")
        table = RowTable(record_columns(found, self._viewer), "", "preview")
        table.show([Row(str(place), cells) for place, cells in enumerate(found.rows)])
