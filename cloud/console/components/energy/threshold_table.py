"""Thresholds as a table: what is watched, the limit, what follows, who changed it last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from nicegui import ui

from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.numbers import date_time, show, show_value
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.console.views.threshold_draft import unit_of
from cloud.core.access import Permission
from cloud.core.threshold import Threshold

Switch = Literal["enabled", "automatic"]
OnThreshold = Callable[[Threshold], Awaitable[None]]
OnSwitch = Callable[[Threshold, Switch], Awaitable[None]]
COLUMNS = ("name", "device", "limit", "judged", "actions", "enabled", "automatic", "changed")


class ThresholdTable:
    """Redrawn when the thresholds change; its buttons are there only for those who may use them."""

    def __init__(
        self,
        viewer: Viewer,
        edit: OnThreshold,
        remove: OnThreshold,
        toggle: OnSwitch,
    ) -> None:
        self._viewer, self._edit, self._remove, self._toggle = viewer, edit, remove, toggle
        self._may_write = viewer.may(Permission.WRITE_THRESHOLDS)
        self._box = ui.element("div").classes("xt-wide")
        self._drawn: tuple[Threshold, ...] | None = None
        self._places: Places | None = None

    def show(self, thresholds: Sequence[Threshold], places: Places) -> None:
        if tuple(thresholds) == self._drawn:
            return
        self._drawn, self._places = tuple(thresholds), places
        self.redraw()

    def redraw(self) -> None:
        """Show what is stored, whatever a switch was moved to."""
        thresholds, places = self._drawn or (), self._places
        self._box.clear()
        with self._box:
            if not thresholds or places is None:
                empty(self._viewer.say("console.threshold.none"))
                return
            with tag(ui.element("table").classes("xt-table xt-thresholds"), "thresholds"):
                with ui.element("thead"), ui.element("tr"):
                    for column in (*COLUMNS, *([""] if self._may_write else [])):
                        with ui.element("th"):
                            ui.label(self._viewer.say(f"console.threshold.{column}") if column else "")
                with ui.element("tbody"):
                    for threshold in thresholds:
                        self._row(threshold, places)

    def _row(self, threshold: Threshold, places: Places) -> None:
        viewer = self._viewer
        unit = unit_of(places, f"{threshold.group}/{threshold.device}", threshold.point)
        with ui.element("tr").classes("" if threshold.enabled else "xt-stale"):
            self._cell(threshold.name, classes="xt-cell-name")
            name = viewer.name(places.device_name(threshold.group, threshold.device))
            self._cell(name, point_name(viewer, threshold.point))
            back = viewer.say("console.threshold.until", limit=str(show(threshold.limit - threshold.hysteresis, unit)))
            self._cell(str(show(threshold.limit, unit)), back)
            window = viewer.say("console.threshold.window_words", seconds=f"{threshold.window_s:g}")
            self._cell(window, viewer.say("console.threshold.hold_words", seconds=f"{threshold.hold_s:g}"))
            actions = action_words(threshold, viewer, places) or [viewer.say("console.threshold.no_actions_short")]
            self._cell(*actions, classes="xt-wrap")
            self._switch(threshold, "enabled", threshold.enabled)
            self._switch(threshold, "automatic", threshold.automatic)
            self._cell(threshold.changed_by, date_time(threshold.changed_ms) if threshold.changed_ms else "")
            if self._may_write:
                with ui.element("td").classes("xt-actions"):
                    self._button("edit", threshold, self._edit, "console.edit")
                    self._button("delete_outline", threshold, self._remove, "console.delete")

    def _cell(self, text: str, *below: str, classes: str = "") -> None:
        with ui.element("td").classes(classes):
            ui.label(text)
            for line in below:
                ui.label(line).classes("xt-below")

    def _switch(self, threshold: Threshold, field: Switch, value: bool) -> None:
        with ui.element("td"):
            if not self._may_write:
                ui.label(self._viewer.say("console.yes" if value else "console.no"))
                return

            async def change() -> None:
                await self._toggle(threshold, field)

            tag(ui.switch(value=value, on_change=change).props("dense"), f"{field}-{threshold.threshold_id}")

    def _button(self, icon: str, threshold: Threshold, handle: OnThreshold, key: str) -> None:
        async def on_click() -> None:
            await handle(threshold)

        button = ui.button(icon=icon, on_click=on_click).props("flat dense round size=sm color=secondary")
        tag(button, f"{icon}-{threshold.threshold_id}").tooltip(self._viewer.say(key))


def action_words(threshold: Threshold, viewer: Viewer, places: Places) -> list[str]:
    """One line per action: device, point and value, and for how long."""
    lines = []
    for action in threshold.actions:
        unit = unit_of(places, f"{threshold.group}/{action.device}", action.point)
        lines.append(
            viewer.say(
                "console.threshold.action_words",
                device=viewer.name(places.device_name(threshold.group, action.device)),
                point=point_name(viewer, action.point),
                value=str(show_value(action.value, unit, viewer.language)),
                minutes=f"{action.lease_s / 60:g}",
            )
        )
    return lines
