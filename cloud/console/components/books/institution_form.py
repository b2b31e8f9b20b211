"""The form of one entry of the institution model, made from the columns of its part; a refusal stands in the form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from nicegui import ui

from cloud.console.components.field_inputs import FieldInput, FieldInputs, InputType
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.session import Viewer
from cloud.core.institution import Dated
from cloud.core.institution_columns import PartColumn, cells_of, choice_text, columns_of
from cloud.core.institution_workbook import HEAD, column_title
from cloud.desks.institution import remove_entry, save_entry
from foundation.errors import DomainError
from foundation.texts import load_texts

_TYPES: dict[type, InputType] = {date: "day", float: "number", int: "integer"}


class InstitutionForm:
    """For a new entry (`entry` None) or one that is there; `on_done` hears when something was changed."""

    def __init__(
        self,
        console: Console,
        viewer: Viewer,
        institution_id: str,
        part: str,
        entry: Dated | None,
        on_done: Callable[[], Awaitable[None]],
    ) -> None:
        self._console, self._viewer, self._institution_id, self._part = console, viewer, institution_id, part
        self._entry, self._on_done = entry, on_done
        self._cells: dict[str, Any] = dict(cells_of(part, entry)) if entry is not None else {}

    async def open(self) -> None:
        """Call it inside an element that stays."""
        say = self._viewer.say
        with ui.dialog() as self._dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "institution-form"):
            ui.label(self._title()).classes("xt-title")
            if self._entry is not None and self._part != HEAD:
                ui.label(say("console.institution.version_hint")).classes("xt-hint")
            self._inputs = FieldInputs([self._field(one) for one in columns_of(self._part) if self._is_asked(one)])
            self._problem = tag(ui.label("").classes("xt-wrong"), "institution-problem")
            with ui.element("div").classes("xt-buttons"):
                if self._entry is not None and self._part != HEAD:
                    remove = ui.button(say("console.delete"), on_click=self._remove)
                    tag(remove, "remove-entry").props("flat no-caps color=negative")
                    ui.element("div").classes("xt-grow")
                ui.button(say("console.cancel"), on_click=self._dialog.close).props("flat no-caps color=secondary")
                save = ui.button(say("console.save"), on_click=self._save)
                tag(save, "save-entry").props("unelevated no-caps")
        await self._dialog
        self._dialog.delete()

    def _title(self) -> str:
        part = self._viewer.say(f"institution.sheet.{self._part}")
        if self._entry is None:
            return self._viewer.say("console.institution.new", part=part)
        return f"{part} · {self._cells['id']}"

    def _is_asked(self, column: PartColumn) -> bool:
        """The id of what is there already stays."""
        return column.id != "id" or self._entry is None

    def _field(self, column: PartColumn) -> FieldInput:
        language, value = self._viewer.language, self._cells.get(column.id)
        hint = f"institution.hint.{column.id}"
        choices = tuple((one, choice_text(one, language)) for one in column.choices)
        return FieldInput(
            column.id,
            column_title(column, language),
            "choice" if choices else _TYPES.get(column.kind, "text"),
            column.is_required,
            choices=choices if column.is_required else (("", "—"), *choices) if choices else (),
            value=value.isoformat() if isinstance(value, date) else str(value) if choices and value else value,
            unit=self._viewer.say(hint) if hint in load_texts() else "",
        )

    async def _save(self) -> None:
        services, principal, part = self._console.services, self._viewer.principal, self._part
        known = {} if self._entry is None else {"id": self._cells["id"]}
        cells = {**known, **self._inputs.values()}
        await self._try(lambda: save_entry(services, principal, self._institution_id, part, cells))

    async def _remove(self) -> None:
        services, principal, cells = self._console.services, self._viewer.principal, self._cells
        valid_from = self._entry.valid_from if self._entry is not None else None
        await self._try(
            lambda: remove_entry(services, principal, self._institution_id, self._part, cells["id"], valid_from)
        )

    async def _try(self, change: Callable[[], Dated]) -> None:
        def attempt() -> Dated | DomainError:
            try:
                return change()
            except DomainError as error:
                return error

        done = await self._console.act(self._viewer, attempt)
        if isinstance(done, DomainError):
            self._problem.set_text(self._refusal(done))
        elif done is not None:
            self._dialog.close()
            await self._on_done()

    def _refusal(self, error: DomainError) -> str:
        """Which field, and why."""
        reason = self._viewer.say(error.code, **error.facts)
        columns = {one.id: one for one in columns_of(self._part)}
        column = columns.get(str(error.facts.get("column", "")))
        if column is None:
            return reason
        return f"{column_title(column, self._viewer.language)}{self._viewer.say('import.place.colon')}{reason}"
