"""Demand: what people ask for most urgently, ranked, each with one sentence of evidence."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.service.demand_table import DemandTable
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import MISSING, Shown, clock_time
from cloud.console.risk_words import percent
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.demand import demand_ranking
from cloud.services.demand import Demand, Reason
from cloud.services.share import Share

REFRESH_S = 10.0
TILES = ("volume", "surges", "unmet", "time")

View = tuple[list[Demand], ServiceWords]


def register(console: Console) -> None:
    """Route `/demand`."""

    @guarded_page(console, "/demand", Permission.READ_DEMAND)
    async def demand_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/demand", viewer.say("console.nav.demand")) as light:
            DemandPage(console, viewer, light).build()


class DemandPage:
    """Tiles above the ranking."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light

    def build(self) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-tiles xt-tiles-4"):
            self._tiles = {name: Tile(say(f"console.demand.tile.{name}"), f"tile-{name}") for name in TILES}
        with panel(say("console.demand.heading"), note=say("console.demand.hint")):
            self._table = DemandTable(self._viewer)
        LiveLoop(self._console.services, self._viewer, self._light.show).every(REFRESH_S, self._read, self._draw)

    def _read(self) -> View:
        console, principal = self._console, self._viewer.principal
        ranking = console.shared.get(
            scope_key("demand", principal),
            REFRESH_S * 0.8,
            lambda: demand_ranking(console.services, principal, principal.institution_ids),
        )
        return ranking, read_service_words(console, self._viewer)

    def _draw(self, view: View) -> None:
        demands, words = view
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        self._table.show(demands, words)
        say, tiles = self._viewer.say, self._tiles
        volume = sum(one.volume for one in demands)
        tiles["volume"].show(Shown(f"{volume:,}"), say("console.demand.tile.volume_below", n=len(demands)))
        for name, number in (
            ("surges", sum(one.reason is Reason.SURGE for one in demands)),
            ("unmet", sum(one.unmet.hits for one in demands)),
        ):
            tiles[name].show(Shown(f"{number:,}"), say(f"console.demand.tile.{name}_below"), is_alarming=number > 0)
        on_time = Share(sum(one.on_time.hits for one in demands), sum(one.on_time.total for one in demands))
        below = say("console.demand.tile.time_below", hits=on_time.hits, total=on_time.total)
        shown = MISSING if on_time.value is None else percent(on_time.value, self._viewer)
        tiles["time"].show(Shown(shown), below if on_time.total else say("console.demand.not_done"))
