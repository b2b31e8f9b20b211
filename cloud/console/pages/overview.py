"""The first page: what the compound draws now, what is wrong, what was done about it, what happened."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.energy.energy_panel import EnergyPanel
from cloud.console.components.energy.loop_panel import LoopPanel
from cloud.console.components.energy.overview_tiles import OverviewTiles
from cloud.console.components.energy.power_panel import BuildingPanel, CompoundPanel
from cloud.console.components.event_list import EventList
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import HOME, StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.energy_today import EnergyToday, read_energy_today
from cloud.console.views.newest_events import matters, read_newest_events
from cloud.console.views.overview import LivePower, read_live_power
from cloud.console.views.places import Places
from cloud.core.access import Permission
from cloud.core.event import LoggedEvent
from cloud.desks.commands import decide_command

POWER_S, EVENTS_S, ENERGY_S = 1.5, 2.0, 20.0
EVENTS, LOOKED_THROUGH = 14, 200


def register(console: Console) -> None:
    """Route `/`."""

    @guarded_page(console, "/", Permission.READ_SERIES, otherwise=HOME)
    async def overview_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/", viewer.say("console.nav.overview")) as light:
            OverviewPage(console, viewer, light).build()


class OverviewPage:
    """Tiles on top, power and the loop in the middle, energy and events below; each part by its permission."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._loop = LiveLoop(console.services, viewer, light.show)
        self._buildings: dict[str, BuildingPanel] = {}

    def build(self) -> None:
        viewer = self._viewer
        has_live = viewer.may(Permission.READ_SERIES)
        self._anchor = ui.element("div").classes("xt-anchor")
        self._note = tag(ui.label("").classes("xt-banner"), "replay-note")
        self._note.set_visibility(False)
        self._tiles = OverviewTiles(viewer, has_live=has_live)
        if has_live:
            self._build_live()
        with ui.element("div").classes("xt-grid xt-grid-lower"):
            self._energy = EnergyPanel(viewer)
            if viewer.may(Permission.READ_EVENTS):
                with panel(viewer.say("console.event.newest"), classes="xt-scroll") as head:
                    with head:
                        ui.link(viewer.say("console.event.all"), "/events").classes("xt-more")
                    self._events = EventList(self._console, viewer)
                self._loop.every(EVENTS_S, self._read_events, self._draw_events)
        self._loop.every(ENERGY_S, self._read_energy, self._draw_energy)

    def _build_live(self) -> None:
        viewer = self._viewer
        with ui.element("div").classes("xt-grid xt-grid-upper"):
            self._compound = CompoundPanel(viewer)
            with panel(viewer.say("console.loop.heading"), classes="xt-scroll", note=viewer.say("console.loop.note")):
                self._stories = LoopPanel(viewer, self._decide)
        self._building_row = ui.element("div").classes("xt-grid xt-grid-buildings")
        self._refresh_live = self._loop.every(POWER_S, self._read_live, self._draw_live)

    def _read_live(self) -> LivePower:
        console, principal = self._console, self._viewer.principal
        return console.shared.get(
            scope_key("live", principal),
            POWER_S * 0.8,
            lambda: read_live_power(console.services, principal, console.places(self._viewer)),
        )

    def _draw_live(self, view: LivePower) -> None:
        self._light.show(True, clock_time(view.at_ms))
        self._note.set_visibility(view.is_replayed)
        self._note.set_text(self._viewer.say("console.overview.replayed"))
        self._tiles.show_live(view)
        self._compound.show(view)
        self._stories.show(view)
        for place, building in enumerate(view.buildings):
            if building.building_id not in self._buildings:
                with self._building_row:
                    self._buildings[building.building_id] = BuildingPanel(building, place, view, self._viewer)
            else:
                self._buildings[building.building_id].show(building, view)

    def _read_energy(self) -> tuple[EnergyToday, Places]:
        console, viewer = self._console, self._viewer
        places = console.places(viewer)
        key = scope_key("energy", viewer.principal)
        return console.shared.get(key, ENERGY_S * 0.8, lambda: read_energy_today(console.services, places)), places

    def _draw_energy(self, view: tuple[EnergyToday, Places]) -> None:
        self._tiles.show_energy(view[0])
        self._energy.show(*view)

    def _read_events(self) -> tuple[tuple[LoggedEvent, ...], Places]:
        console, principal = self._console, self._viewer.principal
        key = scope_key("newest events", principal)
        newest = console.shared.get(
            key, EVENTS_S * 0.8, lambda: read_newest_events(console.services, principal, limit=LOOKED_THROUGH)
        )
        return tuple(one for one in newest if matters(one.event))[:EVENTS], console.places(self._viewer)

    def _draw_events(self, view: tuple[tuple[LoggedEvent, ...], Places]) -> None:
        self._events.show(*view, self._console.services.clock.now_ms())

    async def _decide(self, command_id: str, approve: bool) -> None:
        services, viewer = self._console.services, self._viewer
        # The button that was pressed goes away as soon as the loop is redrawn.
        with self._anchor:
            decided = await self._console.act(
                viewer, lambda: decide_command(services, viewer.principal, command_id, approve=approve)
            )
            if decided is not None:
                ui.notify(viewer.say(f"console.command.{decided.state.value}"), position="top")
