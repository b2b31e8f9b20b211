"""Shared data: the catalogue, asking, the word of the owner, grants with their use, and rows through a grant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.field_inputs import FieldInput
from cloud.console.components.form_dialog import ask
from cloud.console.components.panel import panel
from cloud.console.components.service.dataset_tables import (
    ASK,
    GRANT,
    OPEN,
    REFUSE,
    CatalogueTable,
    DecisionTable,
    GrantTable,
    dataset_name,
)
from cloud.console.components.service.shared_rows_dialog import open_shared_rows
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.dataset_board import DatasetBoard, read_dataset_board
from cloud.core.access import Permission
from cloud.desks.datasets import ask_for_dataset, decide_on_dataset, read_dataset
from cloud.desks.request_parties import departments_of
from cloud.services.dataset import Dataset, load_datasets
from cloud.services.dataset_grant import DatasetGrant

REFRESH_S = 4.0

View = tuple[DatasetBoard, ServiceWords]


def register(console: Console) -> None:
    """Route `/datasets`."""

    @guarded_page(console, "/datasets", Permission.READ_DATASETS)
    async def datasets_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/datasets", viewer.say("console.nav.datasets")) as light:
            DatasetsPage(console, viewer, light).build()


class DatasetsPage:
    """What waits for a word stands above the catalogue, for those who decide."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._board: DatasetBoard | None = None
        self._decisions: DecisionTable | None = None

    def build(self) -> None:
        say = self._viewer.say
        # Dialogs hang here: the tables whose rows ask for them are redrawn under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        if self._viewer.may(Permission.DECIDE_DATASET):
            with panel(say("console.dataset.to_decide")):
                self._decisions = DecisionTable(self._viewer, self._press)
        with panel(say("console.dataset.heading"), note=say("console.dataset.hint")):
            self._catalogue = CatalogueTable(self._viewer, self._press)
        with panel(say("console.dataset.grants")):
            self._grants = GrantTable(self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _read(self) -> View:
        board = read_dataset_board(self._console.services, self._viewer.principal)
        return board, read_service_words(self._console, self._viewer)

    def _draw(self, view: View) -> None:
        board, words = view
        self._board = board
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._catalogue.show(board.lines, words)
        self._grants.show(board.grants, words, now_ms)
        if self._decisions is not None:
            self._decisions.show(board.to_decide, words, now_ms)

    async def _press(self, row: str, button: str) -> None:
        if button == ASK:
            await self._ask(load_datasets()[row])
        elif button == OPEN:
            await self._open(row)
        elif button in (GRANT, REFUSE):
            await self._decide(row, agreed=button == GRANT)

    async def _ask(self, dataset: Dataset) -> None:
        services, viewer = self._console.services, self._viewer
        say, principal, institution = viewer.say, viewer.principal, min(viewer.principal.institution_ids)
        leads = sorted(departments_of(services, principal) - {dataset.department})
        named = tuple((one, self._console.department_name(one, viewer)) for one in leads)
        own = principal.department if principal.department in leads else leads[0]
        fields = (
            FieldInput("purpose", say("console.dataset.purpose"), "long_text", required=True),
            FieldInput("department", say("console.dataset.for"), "choice", required=True, choices=named, value=own),
        )
        owner = self._console.department_name(dataset.department, viewer)
        title = say("console.dataset.ask_title", name=dataset.name[viewer.language])
        hint = say("console.dataset.ask_hint", owner=owner, days=dataset.valid_days)
        with self._anchor:
            entered = await ask(viewer, title, fields, say("console.dataset.ask"), hint=hint)
        if entered is not None:
            purpose, department = str(entered.get("purpose", "")), entered.get("department")
            await self._act(
                lambda: ask_for_dataset(services, principal, institution, dataset.id, purpose, department),
                "console.dataset.asked",
            )

    async def _decide(self, grant_id: str, *, agreed: bool) -> None:
        services, viewer = self._console.services, self._viewer
        grant = self._grant(grant_id)
        if grant is None:
            return
        days: int | None = None
        if agreed:
            entered = await self._ask_days(grant)
            if entered is None:
                return
            days = int(entered.get("days", 0))
        await self._act(
            lambda: decide_on_dataset(services, viewer.principal, grant_id, agreed=agreed, valid_days=days),
            "console.dataset.granted" if agreed else "console.dataset.was_refused",
        )

    async def _ask_days(self, grant: DatasetGrant) -> dict[str, Any] | None:
        viewer = self._viewer
        days = load_datasets()[grant.dataset].valid_days
        field = FieldInput("days", viewer.say("console.dataset.valid_days"), "integer", required=True, value=days)
        department = self._console.department_name(grant.asked_by_department, viewer)
        name = dataset_name(grant.dataset, viewer)
        title = viewer.say("console.dataset.grant_title", department=department, name=name)
        with self._anchor:
            return await ask(viewer, title, (field,), viewer.say("console.dataset.grant"), hint=grant.purpose)

    async def _open(self, dataset_id: str) -> None:
        services, viewer = self._console.services, self._viewer
        lines = self._board.lines if self._board is not None else ()
        grant = next((one.grant for one in lines if one.dataset.id == dataset_id), None)
        if grant is None:
            return
        institution = grant.institution_id
        with self._anchor:
            rows = await self._console.act(
                viewer,
                lambda: read_dataset(
                    services, viewer.principal, grant.grant_id, dataset_id=dataset_id, institution_id=institution
                ),
            )
            words = await asyncio.to_thread(read_service_words, self._console, viewer)
            if rows is not None:
                open_shared_rows(rows, grant, words)
        await self._refresh()

    def _grant(self, grant_id: str) -> DatasetGrant | None:
        known = self._board.to_decide if self._board is not None else ()
        return next((one for one in known if one.grant_id == grant_id), None)

    async def _act(self, change: Callable[[], Any], told: str) -> None:
        with self._anchor:
            if await self._console.act(self._viewer, change) is not None:
                ui.notify(self._viewer.say(told), type="positive", position="top")
            await self._refresh()
