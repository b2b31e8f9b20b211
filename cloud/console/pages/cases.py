"""Joint cases: which wait for a word of one's department, which are late, and the form that opens one."""

from __future__ import annotations

import asyncio

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.service.case_form import CaseForm
from cloud.console.components.service.case_table import CaseTable
from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop
from cloud.console.numbers import Shown, clock_time
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.case_board import CaseLine, case_figures, read_case_lines
from cloud.core.access import Permission

REFRESH_S = 4.0
TILES = ("mine", "open", "late", "refused")

View = tuple[tuple[CaseLine, ...], ServiceWords]


def register(console: Console) -> None:
    """Route `/cases`."""

    @guarded_page(console, "/cases", Permission.READ_CASES)
    async def cases_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/cases", viewer.say("console.nav.cases")) as light:
            CasesPage(console, viewer, light).build()


class CasesPage:
    """Tiles above the table."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._view: View | None = None
        self._only_open = False

    def build(self) -> None:
        say = self._viewer.say
        # Dialogs hang here: the table beside them is redrawn.
        self._anchor = ui.element("div").classes("xt-anchor")
        with ui.element("div").classes("xt-tiles xt-tiles-4"):
            self._tiles = {name: Tile(say(f"console.joint.tile.{name}"), f"tile-{name}") for name in TILES}
        with panel(say("console.joint.heading"), note=say("console.joint.hint")) as head:
            with head:
                ui.element("div").classes("xt-grow")
                only_open = ui.switch(say("console.joint.only_open"), on_change=self._choose)
                self._open_switch = tag(only_open, "only-open").props("dense")
                if self._viewer.may(Permission.OPEN_CASE):
                    new = ui.button(say("console.joint.new"), icon="add", on_click=self._create)
                    tag(new, "new-case").props("unelevated dense no-caps").classes("xt-button")
            self._table = CaseTable(self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _choose(self) -> None:
        self._only_open = bool(self._open_switch.value)
        if self._view is not None:
            self._draw(self._view)

    def _read(self) -> View:
        lines = read_case_lines(self._console.services, self._viewer.principal)
        return lines, read_service_words(self._console, self._viewer)

    def _draw(self, view: View) -> None:
        lines, words = self._view = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._show_tiles(lines, now_ms)
        self._table.show([one for one in lines if one.is_open or not self._only_open], words, now_ms)

    def _show_tiles(self, lines: tuple[CaseLine, ...], now_ms: int) -> None:
        say, tiles, found = self._viewer.say, self._tiles, case_figures(lines, now_ms)
        tiles["open"].show(Shown(f"{found.open:,}"), say("console.joint.tile.open_below", n=found.all))
        for name, number in (("mine", found.mine), ("late", found.late), ("refused", found.refused)):
            tiles[name].show(Shown(f"{number:,}"), say(f"console.joint.tile.{name}_below"), is_alarming=number > 0)

    async def _create(self) -> None:
        words = await asyncio.to_thread(read_service_words, self._console, self._viewer)
        with self._anchor:
            await CaseForm(words).open()
        await self._refresh()
