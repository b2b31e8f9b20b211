"""One device: what it is, all its points with age and quality, and the curve of one of them."""

from __future__ import annotations

from nicegui import ui

from cloud.console import theme
from cloud.console.chart_options import Line, line_chart
from cloud.console.components.devices.device_grid import sub_item_name
from cloud.console.components.devices.holder_list import HolderList
from cloud.console.components.devices.point_table import PointTable
from cloud.console.components.panel import empty, panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.curves import Curve
from cloud.console.device_entry import guarded_device_page
from cloud.console.frame import StatusLight, frame
from cloud.console.live import LiveLoop
from cloud.console.numbers import MISSING, clock_time, date_time
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.device_values import DeviceValues, is_drawable, read_device, read_history
from cloud.console.views.places import PlacedDevice, Places
from cloud.core.access import Permission
from cloud.desks.holders import Holder, holders

REFRESH_S, HISTORY_S = 2.0, 10.0
SPANS_H = (1, 6, 24, 168)
LEDGER_READ = 500
"""Commands looked through for those that still hold; a lease is at most a day."""


def register(console: Console) -> None:
    """Route `/devices/{device_id}`."""

    @guarded_device_page(console, "/devices/{device_id}", Permission.READ_SERIES)
    async def device_page(viewer: Viewer, places: Places, device: PlacedDevice) -> None:
        with frame(viewer, "/devices", viewer.name(device.name)) as light:
            DevicePage(console, viewer, device, light).build(places)


class DevicePage:
    """Facts and points on the left, the curve on the right."""

    def __init__(self, console: Console, viewer: Viewer, device: PlacedDevice, light: StatusLight) -> None:
        self._console, self._viewer, self._device, self._light = console, viewer, device, light
        drawable = [point for point in device.registered.points if is_drawable(point)]
        gauges = [point for point in drawable if point.kind == "gauge"]
        self._units = {point.name: point.unit for point in drawable}
        self._point = next((point.name for point in [*gauges, *drawable]), "")
        self._hours = SPANS_H[0]
        is_controlled = any(point.writable for point in device.registered.points)
        self._holders_shown = is_controlled and viewer.may(Permission.READ_COMMANDS)

    def build(self, places: Places) -> None:
        say, device = self._viewer.say, self._device
        with ui.element("div").classes("xt-device-head"):
            ui.link("‹ " + say("console.nav.devices"), "/devices").classes("xt-more")
            ui.label(self._viewer.name(device.name)).classes("xt-title")
            online = device.registered.is_online
            self._state = ui.label("").classes("xt-chip")
            self._show_state(online)
            if device.is_replayed:
                ui.label(say("console.overview.replayed")).classes("xt-note")
            if device.registered.is_lossy:
                tag(ui.label(say("console.device.lossy")).classes("xt-chip xt-late"), "lossy").tooltip(
                    say("console.device.lossy_hint")
                )
            if self._viewer.may(Permission.PROPOSE_COMMAND):
                ui.element("div").classes("xt-grow")
                to = f"/devices/{device.id}/commissioning?group={device.group}"
                tag(ui.link(say("console.commissioning.open") + " ›", to).classes("xt-more"), "commissioning")
        with ui.element("div").classes("xt-grid xt-grid-device"):
            with ui.element("div").classes("xt-stack"):
                with panel(say("console.device.facts")):
                    self._facts(places)
                with panel(say("console.device.points")):
                    self._table = PointTable(self._console, self._viewer, device)
                if self._holders_shown:
                    with panel(say("console.device.held_by")):
                        self._holders = HolderList(self._viewer, device)
            with panel(say("console.device.history"), classes="xt-history") as head:
                with head:
                    self._choices()
                if not self._point:
                    empty(say("console.device.no_points"))
                self._chart = ui.echart(line_chart([], "1")).classes("xt-chart xt-chart-tall")
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        loop.every(REFRESH_S, self._read, self._draw)
        if self._holders_shown:
            loop.every(REFRESH_S, self._read_holders, self._holders.show)
        self._refresh_history = loop.every(HISTORY_S, self._read_history, self._draw_history)

    def _facts(self, places: Places) -> None:
        device, viewer = self._device, self._viewer
        building = viewer.name(places.building_name(device.building_id)) if device.building_id else MISSING
        facts = {
            "id": device.id,
            "profile": device.profile or MISSING,
            "building": building,
            "sub_item": sub_item_name(device.sub_item, viewer),
            "node": f"{device.group} / {device.registered.node}",
            "changed": date_time(device.registered.changed_ms),
        }
        with ui.element("dl").classes("xt-facts"):
            for name, text in facts.items():
                with ui.element("dt"):
                    ui.label(viewer.say(f"console.device.column.{name}"))
                with ui.element("dd"):
                    ui.label(text)

    def _choices(self) -> None:
        say = self._viewer.say
        ui.element("div").classes("xt-grow")
        points = {name: point_name(self._viewer, name) for name in self._units}

        async def choose() -> None:
            self._point, self._hours = str(chosen.value or ""), int(hours.value or SPANS_H[0])
            await self._refresh_history()

        chosen = tag(ui.select(points, value=self._point or None, on_change=choose), "point")
        chosen.props("dense outlined")
        spans = {
            span: say("console.device.hours", n=span) if span < 48 else say("console.device.days", n=span // 24)
            for span in SPANS_H
        }
        hours = (
            ui.toggle(spans, value=self._hours, on_change=choose).props("dense unelevated no-caps").classes("xt-toggle")
        )

    def _read(self) -> DeviceValues:
        places = self._console.places(self._viewer)
        device = places.device(self._device.group, self._device.id) or self._device
        return read_device(self._console.services, device)

    def _read_holders(self) -> list[Holder]:
        services, registered = self._console.services, self._device.registered
        records = services.commands.recent({registered.institution_id}, limit=LEDGER_READ)
        return holders(records, registered.group, registered.device, services.clock.now_ms())

    def _draw(self, values: DeviceValues) -> None:
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._show_state(values.device.registered.is_online)
        self._table.show(values, now_ms)

    def _show_state(self, is_online: bool) -> None:
        self._state.set_text(self._viewer.say("console.device.online" if is_online else "console.device.offline"))
        self._state.classes(replace=f"xt-chip {'xt-state-within' if is_online else 'xt-state-breach'}")

    def _read_history(self) -> tuple[str, Curve]:
        if not self._point:
            return "", []
        return self._point, read_history(self._console.services, self._device, self._point, self._hours)

    def _draw_history(self, history: tuple[str, Curve]) -> None:
        point, curve = history
        lines = [Line(point_name(self._viewer, point), curve, theme.series_colour(0))] if point else []
        self._chart.options.clear()
        self._chart.options.update(line_chart(lines, self._units.get(point, "1")))
