"""Requests: what is mine, what waits for me, what is late, and the form for a new one."""

from __future__ import annotations

import asyncio

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.service.request_form import RequestForm
from cloud.console.components.service.request_table import RequestTable
from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import MISSING, Shown, clock_time
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.console.views.newest_events import EVERY
from cloud.console.views.request_board import RequestLine, figures_of, read_request_lines
from cloud.core.access import Permission
from cloud.services.catalogue import load_services
from cloud.services.request import RequestState

REFRESH_S = 4.0
UNFINISHED = "unfinished"
TILES = ("mine", "work", "overdue", "rating")

View = tuple[tuple[RequestLine, ...], ServiceWords]


def register(console: Console) -> None:
    """Route `/requests`."""

    @guarded_page(console, "/requests", Permission.READ_REQUESTS)
    async def requests_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/requests", viewer.say("console.nav.requests")) as light:
            RequestsPage(console, viewer, light).build()


class RequestsPage:
    """Tiles above the table; the filters choose among what has been read."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._view: View | None = None
        self._service, self._state, self._only_mine = EVERY, EVERY, False

    def build(self) -> None:
        say = self._viewer.say
        # Dialogs hang here: the table beside them is redrawn.
        self._anchor = ui.element("div").classes("xt-anchor")
        with ui.element("div").classes("xt-tiles xt-tiles-4"):
            self._tiles = {name: Tile(say(f"console.request.tile.{name}"), f"tile-{name}") for name in TILES}
        with panel(say("console.request.heading")) as head:
            with head:
                ui.element("div").classes("xt-grow")
                self._filters()
                if self._viewer.may(Permission.FILE_REQUEST):
                    new = ui.button(say("console.request.new"), icon="add", on_click=self._create)
                    tag(new, "new-request").props("unelevated dense no-caps").classes("xt-button")
            self._table = RequestTable(self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _filters(self) -> None:
        say, language = self._viewer.say, self._viewer.language
        services = {EVERY: say("console.request.all_services")}
        services |= {code: one.name[language] for code, one in load_services().items()}
        states = {EVERY: say("console.request.all_states"), UNFINISHED: say("console.request.unfinished")}
        states |= {one.value: say(f"request.state.{one}") for one in RequestState}

        def choose() -> None:
            self._service, self._state = str(service.value or EVERY), str(state.value or EVERY)
            self._only_mine = bool(mine.value)
            if self._view is not None:
                self._draw(self._view)

        mine = tag(ui.switch(say("console.request.only_mine"), on_change=choose), "only-mine").props("dense")
        service = tag(ui.select(services, value=EVERY, on_change=choose), "service").props("dense outlined")
        state = tag(ui.select(states, value=EVERY, on_change=choose), "state").props("dense outlined")

    def _read(self) -> View:
        console, principal = self._console, self._viewer.principal
        lines = console.shared.get(
            # One's own requests are one's own: the name belongs to the key.
            (scope_key("requests", principal), principal.name),
            REFRESH_S / 4,
            lambda: read_request_lines(console.services, principal),
        )
        return lines, read_service_words(console, self._viewer)

    def _draw(self, view: View) -> None:
        lines, words = self._view = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._show_tiles(lines, now_ms)
        self._table.show([one for one in lines if self._is_chosen(one)], words, now_ms)

    def _is_chosen(self, line: RequestLine) -> bool:
        request = line.request
        is_of_state = self._state in (EVERY, request.state) or (self._state == UNFINISHED and line.is_unfinished)
        return self._service in (EVERY, request.service) and is_of_state and (line.is_mine or not self._only_mine)

    def _show_tiles(self, lines: tuple[RequestLine, ...], now_ms: int) -> None:
        say, tiles, found = self._viewer.say, self._tiles, figures_of(lines, now_ms)
        tiles["mine"].show(Shown(f"{found.mine:,}"), say("console.request.tile.mine_below", n=found.mine_done))
        tiles["work"].show(
            Shown(f"{found.work:,}"),
            say("console.request.tile.work_below", n=found.unanswered),
            is_alarming=found.unanswered > 0,
        )
        below = say("console.request.tile.overdue_below", n=found.unfinished)
        tiles["overdue"].show(Shown(f"{found.overdue:,}"), below, is_alarming=found.overdue > 0)
        if found.mean_stars is None:
            tiles["rating"].show(Shown(MISSING), say("console.request.tile.rating_none"))
        else:
            below = say("console.request.tile.rating_below", n=found.rated)
            tiles["rating"].show(Shown(f"{found.mean_stars:.1f}"), below)

    async def _create(self) -> None:
        words = await asyncio.to_thread(read_service_words, self._console, self._viewer)
        with self._anchor:
            await RequestForm(words).open()
        await self._refresh()
