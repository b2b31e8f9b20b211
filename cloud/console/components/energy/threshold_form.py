"""The form of one threshold, in a dialog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import scale_of
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.console.views.threshold_draft import (
    ActionDraft,
    ThresholdDraft,
    by_key,
    device_key,
    gauges,
    problems,
    unit_of,
    writables,
)
from cloud.core.access import Permission
from device_profiles.profile import WritablePoint

Save = Callable[[ThresholdDraft], Awaitable[bool]]


class ThresholdForm:
    """Fields of a draft; saving says what is missing, and closes only when the threshold was accepted."""

    def __init__(self, console: Console, viewer: Viewer, places: Places, draft: ThresholdDraft, save: Save) -> None:
        self._console, self._viewer, self._places = console, viewer, places
        self._draft, self._save = draft, save
        self._dialog = ui.dialog().props("persistent")

    def open(self, title: str) -> None:
        say = self._viewer.say
        with self._dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "threshold-form"):
            ui.label(title).classes("xt-title")
            self._fields()
            ui.label(say("console.threshold.actions")).classes("xt-field-title")
            self._actions = ui.element("div").classes("xt-stack")
            self._draw_actions()
            ui.button(say("console.threshold.add_action"), icon="add", on_click=self._add_action).props(
                "flat dense no-caps"
            )
            self._switches()
            self._missing = tag(ui.label("").classes("xt-wrong"), "form-problems")
            with ui.element("div").classes("xt-buttons"):
                ui.button(say("console.cancel"), on_click=self._close).props("flat no-caps color=secondary")
                tag(ui.button(say("console.save"), on_click=self._on_save), "save").props("unelevated no-caps")
        self._dialog.open()

    def _fields(self) -> None:
        say, draft = self._viewer.say, self._draft
        name = ui.input(say("console.threshold.name")).bind_value(draft, "name")
        tag(name, "name").props("outlined dense")
        with ui.element("div").classes("xt-fields-2"):
            devices = {device_key(one): self._viewer.name(one.name) for one in self._places.devices if gauges(one)}
            self._select("console.threshold.device", devices, draft, "device", self._device_chosen)
            self._point_box = ui.element("div")
        with ui.element("div").classes("xt-fields-4"):
            self._limit = self._number("limit", "")
            self._hysteresis = self._number("hysteresis", "")
            self._number("window_s", "s")
            self._number("hold_s", "s")
        self._draw_points()

    def _number(self, name: str, suffix: str) -> ui.number:
        field = ui.number(self._viewer.say(f"console.threshold.{name}"), min=0, suffix=suffix)
        return tag(field.bind_value(self._draft, name), name).props("outlined dense")

    def _select(
        self,
        key: str,
        options: dict[str, str],
        target: Any,
        attribute: str,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        chosen = getattr(target, attribute)
        value = chosen if chosen in options else None
        setattr(target, attribute, value or "")

        def keep(event: Any) -> None:
            setattr(target, attribute, event.value or "")
            if on_change:
                on_change()

        select = ui.select(
            options, label=self._viewer.say(key), value=value, with_input=len(options) > 8, on_change=keep
        )
        tag(select, attribute).props("outlined dense")

    def _device_chosen(self) -> None:
        self._draw_points()
        self._draw_actions()

    def _draw_points(self) -> None:
        device = by_key(self._places, self._draft.device)
        points = {one.name: point_name(self._viewer, one.name) for one in gauges(device)} if device else {}
        if self._draft.point not in points:
            self._draft.point = next(iter(points), "")
        self._point_box.clear()
        with self._point_box:
            self._select("console.threshold.point", points, self._draft, "point", self._show_units)
        self._show_units()

    def _show_units(self) -> None:
        unit = scale_of(unit_of(self._places, self._draft.device, self._draft.point)).unit
        for field in (self._limit, self._hysteresis):
            field.props["suffix"] = unit

    def _add_action(self) -> None:
        self._draft.actions.append(ActionDraft())
        self._draw_actions()

    def _remove_action(self, action: ActionDraft) -> None:
        self._draft.actions.remove(action)
        self._draw_actions()

    def _draw_actions(self) -> None:
        self._actions.clear()
        with self._actions:
            if not self._draft.actions:
                ui.label(self._viewer.say("console.threshold.no_actions")).classes("xt-note")
            for action in self._draft.actions:
                self._action(action)

    def _action(self, action: ActionDraft) -> None:
        say = self._viewer.say
        compound = self._draft.device.partition("/")[0]
        devices = {
            device_key(one): self._viewer.name(one.name)
            for one in self._places.devices
            if writables(one) and one.group == compound
        }
        with ui.element("div").classes("xt-fields-action"):
            self._select("console.threshold.action_device", devices, action, "device", self._draw_actions)
            device = by_key(self._places, action.device)
            points = {one.name: point_name(self._viewer, one.name) for one in writables(device)} if device else {}
            self._select("console.threshold.action_point", points, action, "point", self._draw_actions)
            unit = scale_of(unit_of(self._places, action.device, action.point)).unit
            value = ui.number(say("console.threshold.action_value"), suffix=unit)
            tag(value.bind_value(action, "value"), "action-value").props("outlined dense")
            if limits := self._limits(action):
                value.tooltip(limits)
            lease = ui.number(say("console.threshold.lease"), suffix="min", min=0)
            lease.bind_value(action, "lease_min").props("outlined dense")
            ui.button(icon="close", on_click=lambda: self._remove_action(action)).props(
                "flat dense round color=secondary"
            )

    def _limits(self, action: ActionDraft) -> str:
        """What the profile lets be written, in the display unit; empty for an unknown model."""
        device = by_key(self._places, action.device)
        point = self._console.profile_point(device.profile, action.point) if device else None
        if not isinstance(point, WritablePoint):
            return ""
        low, high = (f"{limit:f} {point.unit}".removesuffix(" 1") for limit in point.limits)
        return self._viewer.say("console.threshold.limits", low=low, high=high)

    def _switches(self) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-switches"):
            ui.switch(say("console.threshold.enabled")).bind_value(self._draft, "enabled").props("dense")
            automatic = ui.switch(say("console.threshold.automatic")).bind_value(self._draft, "automatic")
            tag(automatic, "automatic").props("dense")
            automatic.set_enabled(self._viewer.may(Permission.DECIDE_COMMAND))
            ui.label(say("console.threshold.automatic_hint")).classes("xt-note")

    async def _on_save(self) -> None:
        missing = problems(self._draft, self._places)
        names = [self._viewer.say(f"console.threshold.{name}") for name in missing]
        text = self._viewer.say("console.threshold.missing", fields=self._viewer.say("console.and").join(names))
        self._missing.set_text(text if missing else "")
        if not missing and await self._save(self._draft):
            self._close()

    def _close(self) -> None:
        self._dialog.close()
        self._dialog.clear()
