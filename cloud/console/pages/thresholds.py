"""Limits that officers set: list, new, change, delete, automatic on and off."""

from __future__ import annotations

import asyncio
import dataclasses

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.energy.threshold_form import ThresholdForm
from cloud.console.components.energy.threshold_table import Switch, ThresholdTable
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.console.views.threshold_draft import ThresholdDraft, draft_of, threshold_of
from cloud.core.access import Permission
from cloud.core.threshold import Threshold
from cloud.desks.thresholds import remove_threshold, save_threshold

REFRESH_S = 2.0


def register(console: Console) -> None:
    """Route `/thresholds`."""

    @guarded_page(console, "/thresholds", Permission.READ_THRESHOLDS)
    async def thresholds_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/thresholds", viewer.say("console.nav.thresholds")) as light:
            ThresholdsPage(console, viewer, light).build()


class ThresholdsPage:
    """The table, and the form for those who may write."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._thresholds: list[Threshold] = []

    def build(self) -> None:
        say = self._viewer.say
        # Dialogs and messages hang here: the table, whose buttons ask for them, may be redrawn under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        with panel(say("console.nav.thresholds"), note=say("console.threshold.hint")) as head:
            if self._viewer.may(Permission.WRITE_THRESHOLDS):
                with head:
                    ui.element("div").classes("xt-grow")
                    new = tag(
                        ui.button(say("console.threshold.new"), icon="add", on_click=self._create), "new-threshold"
                    )
                    new.props("unelevated dense no-caps").classes("xt-button")
            self._table = ThresholdTable(self._viewer, self._edit, self._remove, self._toggle)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _read(self) -> tuple[list[Threshold], Places]:
        thresholds = self._console.services.thresholds.thresholds(self._viewer.principal.institution_ids)
        return sorted(thresholds, key=lambda one: one.name), self._console.places(self._viewer)

    def _draw(self, view: tuple[list[Threshold], Places]) -> None:
        self._thresholds = view[0]
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        self._table.show(*view)

    async def _create(self) -> None:
        await self._open(ThresholdDraft(self._console.services.rng.uuid()), "console.threshold.new")

    async def _edit(self, threshold: Threshold) -> None:
        places = await asyncio.to_thread(self._console.places, self._viewer)
        await self._open(draft_of(threshold, places), "console.threshold.change")

    async def _open(self, draft: ThresholdDraft, title: str) -> None:
        places = await asyncio.to_thread(self._console.places, self._viewer)

        async def save(draft: ThresholdDraft) -> bool:
            return await self._store(threshold_of(draft, places, self._thresholds))

        with self._anchor:
            ThresholdForm(self._console, self._viewer, places, draft, save).open(self._viewer.say(title))

    async def _store(self, threshold: Threshold) -> bool:
        services, viewer = self._console.services, self._viewer
        with self._anchor:
            saved = await self._console.act(viewer, lambda: save_threshold(services, viewer.principal, threshold))
            if saved is not None:
                ui.notify(viewer.say("console.threshold.saved", name=saved.name), type="positive", position="top")
            await self._refresh()
        return saved is not None

    async def _toggle(self, threshold: Threshold, field: Switch) -> None:
        if field == "enabled":
            changed = dataclasses.replace(threshold, enabled=not threshold.enabled)
        else:
            changed = dataclasses.replace(threshold, automatic=not threshold.automatic)
        if not await self._store(changed):
            self._table.redraw()

    async def _remove(self, threshold: Threshold) -> None:
        viewer = self._viewer
        with self._anchor, ui.dialog() as dialog, ui.element("div").classes("xt-card xt-dialog xt-dialog-small"):
            ui.label(viewer.say("console.threshold.delete_question", name=threshold.name))
            with ui.element("div").classes("xt-buttons"):
                ui.button(viewer.say("console.cancel"), on_click=lambda: dialog.submit(False)).props(
                    "flat no-caps color=secondary"
                )
                confirm = ui.button(viewer.say("console.delete"), on_click=lambda: dialog.submit(True))
                tag(confirm, "confirm-delete").props("unelevated no-caps color=negative")
        if await dialog:
            await self._delete(threshold)
        dialog.delete()

    async def _delete(self, threshold: Threshold) -> None:
        services, viewer = self._console.services, self._viewer

        def delete() -> Threshold:
            remove_threshold(services, viewer.principal, threshold.threshold_id)
            return threshold

        with self._anchor:
            if await self._console.act(viewer, delete) is not None:
                ui.notify(viewer.say("console.threshold.removed", name=threshold.name), position="top")
            await self._refresh()
