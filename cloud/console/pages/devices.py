"""All devices: what they are, where, whether they answer, and their newest values."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.devices.device_grid import DeviceGrid, Row, device_row
from cloud.console.components.devices.receiving_line import ReceivingLine
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.device_values import read_devices
from cloud.core.access import Permission
from cloud.desks.receiving import Receiving, read_receiving

REFRESH_S, RECEIVING_S = 2.0, 5.0


def register(console: Console) -> None:
    """Route `/devices`."""

    @guarded_page(console, "/devices", Permission.READ_DEVICES)
    async def devices_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/devices", viewer.say("console.nav.devices")) as light:
            DevicesPage(console, viewer, light).build()


class DevicesPage:
    """A search field, two filters and the grid."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._newest: list[Row] = []

    def build(self) -> None:
        say = self._viewer.say
        with panel(say("console.nav.devices"), classes="xt-fill") as head:
            with head:
                self._count = tag(ui.label("").classes("xt-note"), "device-count")
                ui.element("div").classes("xt-grow")
                self._words = ui.input(placeholder=say("console.device.search"), on_change=self._filter)
                self._words.props("dense outlined clearable debounce=200").classes("xt-search")
                every = say("console.device.all_buildings")
                self._building = ui.select([every], value=every, on_change=self._filter).props("dense outlined")
                self._offline = ui.switch(say("console.device.only_offline"), on_change=self._filter).props("dense")
            self._receiving = ReceivingLine(self._viewer)
            self._grid = DeviceGrid(self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        loop.every(REFRESH_S, self._read, self._draw)
        loop.every(RECEIVING_S, self._read_receiving, self._receiving.show)

    def _read(self) -> list[Row]:
        console, viewer = self._console, self._viewer
        key = scope_key("devices", viewer.principal)
        places = console.places(viewer)
        values = console.shared.get(key, REFRESH_S * 0.8, lambda: read_devices(console.services, places))
        now_ms = console.services.clock.now_ms()
        return [device_row(one, console, viewer, now_ms) for one in values]

    def _read_receiving(self) -> Receiving:
        console, principal = self._console, self._viewer.principal
        key = scope_key("receiving", principal)
        wanted = principal.institution_ids
        return console.shared.get(key, RECEIVING_S * 0.8, lambda: read_receiving(console.services, wanted))

    def _draw(self, rows: list[Row]) -> None:
        self._newest = rows
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        self._building.set_options([self._building.options[0], *sorted({row["building"] for row in rows})])
        self._filter()

    def _filter(self) -> None:
        chosen = [row for row in self._newest if self._is_chosen(row)]
        online = sum(row["is_online"] for row in chosen)
        self._count.set_text(self._viewer.say("console.device.count", n=len(chosen), online=online))
        self._grid.show(chosen)

    def _is_chosen(self, row: Row) -> bool:
        words = str(self._words.value or "").lower().split()
        text = " ".join(
            str(row[column]) for column in ("name", "id", "profile", "building", "sub_item", "node")
        ).lower()
        is_in_building = self._building.value in (self._building.options[0], row["building"])
        return is_in_building and all(word in text for word in words) and not (self._offline.value and row["is_online"])
