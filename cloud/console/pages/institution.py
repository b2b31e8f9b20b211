"""The institution as it is entered: itself, its buildings, rooms, departments, vehicles and devices, part by part."""

from __future__ import annotations

import asyncio

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.books.institution_form import InstitutionForm
from cloud.console.components.books.institution_workbook import InstitutionWorkbook
from cloud.console.components.panel import panel
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page, refuse
from cloud.console.numbers import MISSING, clock_time
from cloud.console.session import Viewer
from cloud.console.views.institution_part import (
    REFERENCES,
    VISIBLE_PARTS,
    PartRow,
    entries_of,
    part_rows,
    table_columns,
)
from cloud.console.views.to_complete import Gap, gaps_of
from cloud.core.access import Permission
from cloud.core.calendar import local_day
from cloud.core.institution import InstitutionModel
from cloud.core.institution_columns import PartColumn
from cloud.core.institution_workbook import HEAD, column_title
from cloud.desks.institution import read_model
from cloud.desks.risk_sight import names_of

NUMBERS = ("area_m2", "heated_area_m2", "persons")
TONES = {"valid": "good", "over": "", "later": "blue"}


def register(console: Console) -> None:
    """Route `/institution`; `?part=` opens one part, `?institution=` one of several institutions."""

    @guarded_page(console, "/institution", Permission.READ_INSTITUTION)
    async def institution_page(viewer: Viewer, request: Request) -> None:
        known = await asyncio.to_thread(_institutions, console, viewer)
        wanted = request.query_params.get("institution", "") or next(iter(known), "")
        if wanted not in known:
            refuse(viewer, 404)
            return
        part = request.query_params.get("part", "")
        with frame(viewer, "/institution", viewer.say("console.nav.institution")) as light:
            page = InstitutionPage(console, viewer, light, known)
            await page.build(wanted, part if part in VISIBLE_PARTS else HEAD)


def _institutions(console: Console, viewer: Viewer) -> dict[str, str]:
    """Names of the entered institutions of the scope by id."""
    entered = console.services.institutions.institutions()
    own = [one for one in entered if one.institution_id in viewer.principal.institution_ids]
    return {one.institution_id: viewer.name(one.name) for one in own}


class InstitutionPage:
    """Tabs of tables; whoever may write presses a row to change it and hands in the whole as a workbook."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight, known: dict[str, str]) -> None:
        self._console, self._viewer, self._light, self._known = console, viewer, light, known
        self._may_write = viewer.may(Permission.WRITE_INSTITUTION)

    async def build(self, institution_id: str, part: str) -> None:
        say = self._viewer.say
        self._institution_id, self._part = institution_id, part
        self._anchor = ui.element("div").classes("xt-anchor")
        with panel(self._known[institution_id]) as head:
            with head:
                ui.element("div").classes("xt-grow")
                if len(self._known) > 1:
                    chosen = ui.select(self._known, value=institution_id, on_change=lambda event: _go(event.value))
                    tag(chosen, "choose-institution").props("dense outlined")
                if self._may_write:
                    new = ui.button(say("console.institution.add"), icon="add", on_click=lambda: self._open(None))
                    self._new = tag(new, "new-entry").props("unelevated dense no-caps").classes("xt-button")
            self._tabs = ui.element("div").classes("xt-tabs")
            self._body = tag(ui.element("div").classes("xt-part"), "part")
        with ui.element("div").classes("xt-grid xt-grid-half" if self._may_write else ""):
            with panel(say("console.home.complete.title")):
                columns = [Column(say(f"console.institution.gap.{one}")) for one in ("what", "part", "reason")]
                self._gaps = RowTable(columns, say("console.home.complete.none"), "gaps")
            if self._may_write:
                with panel(say("console.institution.workbook")):
                    InstitutionWorkbook(self._console, self._viewer, institution_id, self._load).build()
        await self._load()

    async def _load(self) -> None:
        services, viewer = self._console.services, self._viewer
        model = await self._console.act(viewer, lambda: read_model(services, viewer.principal, self._institution_id))
        if model is None:
            return
        names, devices = await asyncio.to_thread(
            lambda: (names_of(services, self._institution_id), services.registry.devices({self._institution_id}))
        )
        departments = {f"department:{one.id}": one.name for one in self._console.departments.all()}
        now_ms = services.clock.now_ms()
        self._today = local_day(now_ms)
        self._model, self._names = model, {**departments, **names}
        self._seen = {(one.group, one.device): one.is_online for one in devices}
        self._light.show(True, clock_time(now_ms))
        self._gaps.show([self._gap(one) for one in gaps_of(model, self._today, devices)])
        self._show(self._part)

    def _show(self, part: str) -> None:
        self._part = part
        self._draw_tabs(self._model)
        rows = part_rows(self._model, part, self._names, self._today, self._viewer.language)
        self._rows = {one.name: one for one in rows}
        if self._may_write:
            self._new.set_visibility(part != HEAD)
        self._body.clear()
        with self._body:
            nothing = self._viewer.say("console.institution.nothing")
            table = RowTable(self._columns(), nothing, f"part-{part}", self._press if self._may_write else None)
        table.show([self._row(one) for one in rows])

    def _draw_tabs(self, model: InstitutionModel) -> None:
        self._tabs.clear()
        with self._tabs:
            for part in VISIBLE_PARTS:
                words = self._viewer.say(f"institution.sheet.{part}")
                count = "" if part == HEAD else f" {len(entries_of(model, part))}"
                tab = ui.button(f"{words}{count}", on_click=lambda _, part=part: self._show(part))
                tag(tab, f"tab-{part}").props("flat dense no-caps" + ("" if part == self._part else " color=secondary"))
                tab.classes("xt-tab" + (" xt-tab-chosen" if part == self._part else ""))

    def _columns(self) -> list[Column]:
        columns = [
            Column(self._title(one), right=one.id in NUMBERS, nowrap=not (one.language or one.id in REFERENCES))
            for one in self._shown()
        ]
        more = ["state"] + (["reports"] if self._part == "devices" else [])
        return columns + [Column(self._viewer.say(f"console.institution.{one}"), nowrap=True) for one in more]

    def _shown(self) -> list[PartColumn]:
        """Where there is one compound, everything is in it."""
        is_one = len({one.compound_id for one in self._model.compounds}) == 1
        columns = table_columns(self._part, self._viewer.language)
        return [one for one in columns if one.id != "compound" or not is_one]

    def _title(self, column: PartColumn) -> str:
        """The table names what the form asks the id of, and has one name instead of one for each language."""
        if column.language is not None:
            return self._viewer.say("console.institution.column.name")
        if column.id in REFERENCES:
            return self._viewer.say(f"console.institution.column.{column.id}")
        return column_title(column, self._viewer.language)

    def _row(self, row: PartRow) -> Row:
        say = self._viewer.say
        cells: list[Shown] = [self._cell(row, one.id) for one in self._shown()]
        cells.append(Chip(say(f"console.institution.{row.standing}"), TONES[row.standing]))
        if self._part == "devices":
            cells.append(self._reports(row))
        return Row(row.name, tuple(cells))

    def _cell(self, row: PartRow, column: str) -> Shown:
        value = row.cells[column]
        if column in row.missing:
            return Chip(self._viewer.say("console.home.to_complete"), "yellow")
        return MISSING if value is None else value

    def _reports(self, row: PartRow) -> Chip:
        is_online = self._seen.get((getattr(row.entry, "compound_id", ""), str(row.cells["id"])))
        word, tone = {True: ("online", "good"), False: ("offline", "red"), None: ("unseen", "yellow")}[is_online]
        return Chip(self._viewer.say(f"console.institution.{word}"), tone)

    def _gap(self, gap: Gap) -> Row:
        say = self._viewer.say
        what = Cell(self._viewer.name(gap.name) if gap.name else gap.identifier, gap.identifier)
        cells = (what, say(f"institution.sheet.{gap.part}"), say(f"console.gap.{gap.part}.{gap.field}"))
        return Row(f"{gap.part}-{gap.identifier}-{gap.field}", cells)

    async def _press(self, name: str, button: str) -> None:
        await self._open(self._rows[name])

    async def _open(self, row: PartRow | None) -> None:
        with self._anchor:
            entry = row.entry if row else None
            form = InstitutionForm(self._console, self._viewer, self._institution_id, self._part, entry, self._changed)
            await form.open()

    async def _changed(self) -> None:
        with self._anchor:
            ui.notify(self._viewer.say("console.institution.saved"), type="positive", position="top")
        await self._load()


def _go(institution_id: str) -> None:
    ui.navigate.to(f"/institution?institution={institution_id}")
