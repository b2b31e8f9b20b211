"""The institution's own prices and the quotas that its superior has set: shown, entered and removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from cloud.console.components.form_dialog import ask
from cloud.console.components.panel import panel
from cloud.console.components.row_table import Buttons, Column, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.energy_entries import (
    quota_entry,
    quota_fields,
    quota_row,
    tariff_entry,
    tariff_fields,
    tariff_row,
)
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.core.institution import Institution
from cloud.desks.energy_settings import EnergySettings, write_energy_settings
from cloud.energy.entry_list import Entries

REMOVE = "remove"


class EnergySettingsPanel:
    """Two lists; those who may write enter and remove. Every change replaces both lists through the desk."""

    def __init__(self, console: Console, viewer: Viewer, changed: Callable[[], Awaitable[None]]) -> None:
        self._console, self._viewer, self._changed = console, viewer, changed
        self._settings: EnergySettings | None = None
        self._institution: Institution | None = None
        self._may_write = viewer.may(Permission.WRITE_THRESHOLDS)
        say = viewer.say
        # Dialogs hang here: the tables whose buttons ask for them may be redrawn under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        with panel(say("console.prices.title"), note=say("console.prices.hint")) as head:
            with head:
                ui.element("div").classes("xt-grow")
                if self._may_write:
                    self._button("console.prices.new_tariff", self._new_tariff, "new-tariff")
                    self._button("console.prices.new_quota", self._new_quota, "new-quota")
            self._tariffs = self._table(("tariff", "carrier", "price", "valid"), "tariffs", self._remove_tariff)
            self._quotas = self._table(("standard", "indicator", "levels", "holds"), "quotas", self._remove_quota)

    def show(self, settings: EnergySettings, institution: Institution) -> None:
        self._settings, self._institution = settings, institution
        buttons = Buttons(((REMOVE, self._viewer.say("console.delete")),)) if self._may_write else Buttons(())
        self._tariffs.show([tariff_row(one, n, buttons, self._viewer) for n, one in enumerate(settings.tariffs)])
        self._quotas.show([quota_row(one, n, buttons, self._viewer) for n, one in enumerate(settings.quotas)])

    def _table(self, names: tuple[str, ...], marker: str, press: Callable[[str, str], Awaitable[None]]) -> RowTable:
        say = self._viewer.say
        columns = [*(Column(say(f"console.prices.column.{name}")) for name in names), Column("", right=True)]
        return RowTable(columns, say(f"console.prices.no_{marker}"), marker, press if self._may_write else None)

    def _button(self, key: str, press: Callable[[], Awaitable[None]], marker: str) -> None:
        button = tag(ui.button(self._viewer.say(key), icon="add", on_click=press), marker)
        button.props("unelevated dense no-caps").classes("xt-button")

    async def _new_tariff(self) -> None:
        with self._anchor:
            say = self._viewer.say
            given = await ask(
                self._viewer,
                say("console.prices.new_tariff"),
                tariff_fields(self._viewer),
                say("console.save"),
                hint=say("console.prices.tariff_hint"),
            )
        if given is not None and self._settings is not None:
            entry = tariff_entry(given, len(self._settings.tariffs) + 1)
            await self._write([*self._settings.tariffs, entry], self._settings.quotas, _reason(given))

    async def _new_quota(self) -> None:
        with self._anchor:
            say = self._viewer.say
            given = await ask(
                self._viewer,
                say("console.prices.new_quota"),
                quota_fields(self._viewer),
                say("console.save"),
                hint=say("console.prices.quota_hint"),
            )
        if given is not None and self._settings is not None and self._institution is not None:
            entry = quota_entry(given, self._institution)
            await self._write(self._settings.tariffs, [*self._settings.quotas, entry], _reason(given))

    async def _remove_tariff(self, row: str, button: str) -> None:
        if button == REMOVE and self._settings is not None:
            await self._write(_without(self._settings.tariffs, int(row)), self._settings.quotas)

    async def _remove_quota(self, row: str, button: str) -> None:
        if button == REMOVE and self._settings is not None:
            await self._write(self._settings.tariffs, _without(self._settings.quotas, int(row)))

    async def _write(self, tariffs: Entries, quotas: Entries, reason: str = "") -> None:
        console, viewer, settings = self._console, self._viewer, self._settings
        if settings is None:
            return
        institution_id = settings.institution_id

        def write() -> EnergySettings:
            return write_energy_settings(
                console.services, viewer.principal, institution_id, tariffs=tariffs, quotas=quotas, reason=reason
            )

        with self._anchor:
            if await console.act(viewer, write) is not None:
                ui.notify(viewer.say("console.prices.saved"), type="positive", position="top")
                await self._changed()


def _reason(given: Mapping[str, Any]) -> str:
    return str(given.get("reason") or "").strip()


def _without(entries: Entries, place: int) -> Entries:
    return [one for number, one in enumerate(entries) if number != place]
