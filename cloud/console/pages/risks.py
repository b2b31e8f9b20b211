"""The risk register: by colour, in the matrix, as a list with filters, and what the next week will probably bring."""

from __future__ import annotations

from dataclasses import replace

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.risk.outlook_panel import OutlookPanel
from cloud.console.components.risk.risk_matrix import RiskMatrix
from cloud.console.components.risk.risk_table import RiskTable
from cloud.console.components.severity import severity_name
from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import Shown, clock_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.newest_events import EVERY
from cloud.console.views.risk_register import (
    ALL,
    OPEN,
    Cell,
    Choice,
    WeekOutlook,
    by_cell,
    by_colour,
    is_overdue,
    read_outlook,
    read_register,
)
from cloud.core.access import Permission
from cloud.core.event import Severity
from cloud.risk.risk import Risk, RiskStatus

REFRESH_S, OUTLOOK_AGE_S = 5.0, 30.0
COLOURS = (Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE)
ALARMING = frozenset({"red", "overdue"})

View = tuple[tuple[Risk, ...], WeekOutlook, RiskWords]


def register(console: Console) -> None:
    """Route `/risks`."""

    @guarded_page(console, "/risks", Permission.READ_RISKS)
    async def risks_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/risks", viewer.say("console.nav.risks")) as light:
            RisksPage(console, viewer, light).build()


class RisksPage:
    """Tiles, matrix beside outlook, and the list below; the filters act on the matrix too."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._choice = Choice()
        self._view: View | None = None

    def build(self) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-tiles"):
            self._tiles = {
                **{
                    one.name.lower(): Tile(severity_name(one, self._viewer), f"tile-{one.name.lower()}")
                    for one in COLOURS
                },
                **{name: Tile(say(f"console.register.tile.{name}"), f"tile-{name}") for name in ("overdue", "handled")},
            }
        with ui.element("div").classes("xt-grid xt-grid-register"):
            with panel(say("console.register.matrix"), note=say("console.register.matrix_hint")):
                self._matrix = RiskMatrix(self._viewer, self._choose_cell)
            self._outlook = OutlookPanel(self._console, self._viewer)
        with panel(say("console.nav.risks")) as head:
            with head:
                self._count = tag(ui.label("").classes("xt-note"), "risk-count")
                ui.element("div").classes("xt-grow")
                self._filters()
            self._table = RiskTable(self._console, self._viewer)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        loop.every(REFRESH_S, self._read, self._draw)

    def _filters(self) -> None:
        viewer = self._viewer
        say = viewer.say
        departments = {EVERY: say("console.event.all_departments")}
        departments |= {one.id: one.name[viewer.language] for one in self._console.departments.all()}
        colours = {EVERY: say("console.register.all_colours")}
        colours |= {one.name.lower(): severity_name(one, viewer) for one in COLOURS}
        statuses = {OPEN: say("console.register.not_closed"), ALL: say("console.register.all")}
        statuses |= {one.value: say(f"risk.status.{one.value}") for one in RiskStatus}

        def choose() -> None:
            self._choice = Choice(
                str(department.value or EVERY), str(colour.value or EVERY), str(status.value or OPEN), self._choice.cell
            )
            self._draw_again()

        department = tag(ui.select(departments, value=EVERY, on_change=choose), "department")
        colour = tag(ui.select(colours, value=EVERY, on_change=choose), "colour")
        status = tag(ui.select(statuses, value=OPEN, on_change=choose), "status")
        for select in (department, colour, status):
            select.props("dense outlined")

    async def _choose_cell(self, cell: Cell) -> None:
        """The cell that is chosen already lets all of them back in."""
        self._choice = replace(self._choice, cell=None if self._choice.cell == cell else cell)
        self._draw_again()

    def _draw_again(self) -> None:
        if self._view is not None:
            self._draw(self._view)

    def _read(self) -> View:
        console, principal = self._console, self._viewer.principal
        shared, services = console.shared, console.services
        risks = shared.get(scope_key("risks", principal), REFRESH_S / 4, lambda: read_register(services, principal))
        outlook = shared.get(scope_key("outlook", principal), OUTLOOK_AGE_S, lambda: read_outlook(services, principal))
        return risks, outlook, read_risk_words(console, self._viewer)

    def _draw(self, view: View) -> None:
        risks, outlook, words = self._view = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._show_tiles(risks, now_ms)
        self._matrix.show(by_cell(filter(self._choice.without_cell().takes, risks)), self._choice.cell)
        self._outlook.show(outlook)
        chosen = [one for one in risks if self._choice.takes(one)]
        self._count.set_text(self._viewer.say("console.register.count", n=len(chosen)))
        self._table.show(chosen, words, now_ms)

    def _show_tiles(self, risks: tuple[Risk, ...], now_ms: int) -> None:
        say = self._viewer.say
        alive = [one for one in risks if one.status is not RiskStatus.CLOSED]
        colours = by_colour(alive)
        waiting = by_colour(one for one in alive if one.status is RiskStatus.OPEN)
        numbers = {one.name.lower(): colours.get(one, 0) for one in COLOURS}
        below = {one.name.lower(): say("console.register.tile.waiting", n=waiting.get(one, 0)) for one in COLOURS}
        numbers["overdue"] = sum(is_overdue(one, now_ms) for one in alive)
        numbers["handled"] = sum(one.status is RiskStatus.HANDLED for one in alive)
        below |= {name: say(f"console.register.tile.{name}_below") for name in ("overdue", "handled")}
        for name, tile in self._tiles.items():
            is_alarming = name in ALARMING and numbers[name] > 0
            tile.show(Shown(f"{numbers[name]:,}"), below[name], is_alarming=is_alarming)
