"""Putting a device into service: its values beside its display, suspicions of wrong wiring, ratios, sub-item, place."""

from __future__ import annotations

import asyncio

from nicegui import ui

from cloud.console.components.devices.comparison_table import ComparisonTable
from cloud.console.components.devices.device_settings_form import DeviceSettingsForm
from cloud.console.components.devices.settings_orders import SettingsOrders
from cloud.console.components.panel import empty, panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.device_entry import guarded_device_page
from cloud.console.frame import StatusLight, frame
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.comparison import Commissioning, read_commissioning
from cloud.console.views.device_values import read_device
from cloud.console.views.places import PlacedDevice, Places
from cloud.core.access import Permission
from cloud.core.command_record import CommandRecord
from cloud.desks.commands import decide_command
from cloud.desks.commissioning import SettingsOrder, propose_settings, record_comparison
from device_profiles.plausibility import Finding

REFRESH_S = 2.0


def register(console: Console) -> None:
    """Route `/devices/{device_id}/commissioning`."""

    @guarded_device_page(console, "/devices/{device_id}/commissioning", Permission.PROPOSE_COMMAND)
    async def commissioning_page(viewer: Viewer, places: Places, device: PlacedDevice) -> None:
        with frame(viewer, "/devices", viewer.say("console.commissioning.title")) as light:
            page = CommissioningPage(console, viewer, device, light)
            page.build(places, await asyncio.to_thread(page.read))


class CommissioningPage:
    """The comparison on the left; suspicions, settings and orders on the right."""

    def __init__(self, console: Console, viewer: Viewer, device: PlacedDevice, light: StatusLight) -> None:
        self._console, self._viewer, self._device, self._light = console, viewer, device, light
        self._suspected: tuple[Finding, ...] | None = None

    def build(self, places: Places, seen: Commissioning) -> None:
        say = self._viewer.say
        self._places, self._anchor = places, ui.element("div").classes("xt-anchor")
        with ui.element("div").classes("xt-device-head"):
            back = f"/devices/{self._device.id}?group={self._device.group}"
            ui.link("‹ " + self._viewer.name(self._device.name), back).classes("xt-more")
            ui.label(say("console.commissioning.hint")).classes("xt-note")
        with ui.element("div").classes("xt-grid xt-grid-commissioning"):
            with panel(say("console.commissioning.comparison")) as head:
                with head:
                    ui.element("div").classes("xt-grow")
                    keep = ui.button(say("console.commissioning.keep"), on_click=self._keep)
                    tag(keep.props("unelevated dense no-caps"), "keep-comparison")
                self._table = ComparisonTable(self._viewer, seen.comparables)
            with ui.element("div").classes("xt-stack"):
                with panel(say("console.commissioning.suspicions")):
                    self._findings = tag(ui.element("div").classes("xt-stack"), "suspicions")
                with panel(say("console.commissioning.settings")):
                    DeviceSettingsForm(self._viewer, self._device, places, seen.params, self._propose)
                with panel(say("console.commissioning.orders")):
                    self._orders = SettingsOrders(self._viewer, self._decide)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self.read, self._draw)

    def read(self) -> Commissioning:
        """What the page shows now; blocks."""
        places = self._console.places(self._viewer)
        device = places.device(self._device.group, self._device.id) or self._device
        return read_commissioning(self._console.services, read_device(self._console.services, device))

    def _draw(self, seen: Commissioning) -> None:
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._table.show(seen.comparables, now_ms)
        self._orders.show(seen.orders, self._places)
        if seen.findings != self._suspected:
            self._suspected = seen.findings
            self._findings.clear()
            with self._findings:
                if not seen.findings:
                    empty(self._viewer.say("console.commissioning.nothing_suspected"))
                for one in seen.findings:
                    ui.label(self._viewer.say(f"plausibility.{one.code}", **one.words)).classes("xt-why")

    async def _keep(self) -> None:
        services, viewer, device = self._console.services, self._viewer, self._device
        compared = self._table.compared()

        def keep() -> bool:
            record_comparison(services, viewer.principal, device.group, device.id, compared)
            return True

        with self._anchor:
            if await self._console.act(viewer, keep):
                ui.notify(viewer.say("console.commissioning.kept", n=len(compared)), position="top")

    async def _propose(self, settings: dict[str, str], reason: str) -> None:
        order = SettingsOrder(self._device.group, self._device.id, settings, reason)
        services, viewer = self._console.services, self._viewer
        with self._anchor:
            made = await self._console.act(viewer, lambda: propose_settings(services, viewer.principal, order))
            if made is not None:
                ui.notify(viewer.say("console.command.proposed"), position="top")
                await self._refresh()

    async def _decide(self, order: CommandRecord, is_approved: bool) -> None:
        services, viewer, name = self._console.services, self._viewer, order.request.command_id
        with self._anchor:
            await self._console.act(
                viewer, lambda: decide_command(services, viewer.principal, name, approve=is_approved)
            )
            await self._refresh()
