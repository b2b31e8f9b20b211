"""The evaluation of a period: matrix, conflicts, synergy, coupling, benchmark, and every indicator behind them."""

from __future__ import annotations

from nicegui import events, ui
from starlette.requests import Request

from cloud.console.components.evaluation.benchmark_table import BenchmarkTable
from cloud.console.components.evaluation.conflict_list import ConflictList
from cloud.console.components.evaluation.evaluation_tiles import EvaluationTiles
from cloud.console.components.evaluation.indicator_list import IndicatorTable
from cloud.console.components.evaluation.score_matrix import ScoreMatrix
from cloud.console.components.evaluation.synergy_panel import CouplingPanel, SynergyPanel
from cloud.console.components.institution_choice import InstitutionChoice
from cloud.console.components.panel import empty, panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import clock_time, date_time
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import EvaluationBoard, of_cell, read_evaluation_board
from cloud.core.access import Permission
from cloud.evaluation.indicator import Dimension
from cloud.evaluation.order_degree import Method

REFRESH_S = 10.0


def register(console: Console) -> None:
    """Route `/evaluation`."""

    @guarded_page(console, "/evaluation", Permission.READ_EVALUATION)
    async def evaluation_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/evaluation", viewer.say("console.nav.evaluation")) as light:
            await EvaluationPage(console, viewer, light).build()


class EvaluationPage:
    """The matrix above; a cell narrows the indicators below to its own."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._period: str | None = None
        self._method = Method.GEOMETRIC
        self._board: EvaluationBoard | None = None
        self._cell: tuple[str, Dimension | None] | None = None

    async def build(self) -> None:
        self._institution = await InstitutionChoice.read(self._console, self._viewer)
        if self._institution.is_empty:
            self._institution.say_empty()
            return
        self._choosers()
        with ui.element("div") as self._nothing:
            empty(self._viewer.say("console.evaluation.none"))
        with ui.element("div").classes("xt-stack") as self._body:
            self._parts()
        self._body.set_visibility(False)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _choosers(self) -> None:
        viewer = self._viewer

        async def choose_period(event: events.ValueChangeEventArguments[str]) -> None:
            self._period, self._cell = event.value, None
            await self._refresh()

        def choose_method(event: events.ValueChangeEventArguments[str]) -> None:
            self._method = Method(event.value)
            if self._board is not None:
                self._draw_method(self._board)

        with ui.element("div").classes("xt-choosers"):
            self._institution.build(self._choose_institution)
            label = viewer.say("console.account.period")
            self._periods = tag(ui.select([], label=label, on_change=choose_period), "period")
            self._periods.props("dense outlined").classes("xt-chooser")
            names = {one.value: viewer.say(f"console.evaluation.method.{one.value}") for one in Method}
            method = tag(ui.toggle(names, value=self._method.value, on_change=choose_method), "method")
            method.props("no-caps unelevated toggle-color=primary").classes("xt-toggle")
            self._made = ui.label("").classes("xt-note")

    def _parts(self) -> None:
        console, viewer, say = self._console, self._viewer, self._viewer.say
        self._tiles = EvaluationTiles(viewer)
        with panel(say("console.evaluation.matrix"), note=say("console.evaluation.matrix_hint")):
            self._matrix = ScoreMatrix(console, viewer, self._choose_cell)
        with panel(say("console.evaluation.indicators"), note=say("console.evaluation.indicators_hint")) as head:
            with head:
                self._chosen = tag(ui.label("").classes("xt-chip xt-tone-blue"), "chosen-cell")
                ui.element("div").classes("xt-grow")
                every = tag(ui.button(say("console.evaluation.every"), on_click=self._choose_all), "every-indicator")
                every.props("flat dense no-caps")
            with ui.element("div").classes("xt-scroll-tall"):
                self._indicators = IndicatorTable(console, viewer)
        with panel(say("console.evaluation.synergy"), note=say("console.evaluation.synergy_hint")):
            self._synergy = SynergyPanel(console, viewer)
        with ui.element("div").classes("xt-grid xt-grid-half"):
            with panel(say("console.evaluation.coupling"), note=say("console.evaluation.coupling_hint")):
                self._coupling = CouplingPanel(console, viewer)
            with panel(say("console.evaluation.conflicts")):
                self._conflicts = ConflictList(console, viewer)
        with panel(say("console.evaluation.benchmark"), note=say("console.account.peers_caveat")):
            self._benchmark = BenchmarkTable(viewer)

    async def _choose_institution(self) -> None:
        self._period, self._cell = None, None
        await self._refresh()

    async def _choose_cell(self, department: str, dimension: Dimension | None) -> None:
        self._cell = (department, dimension)
        if self._board is not None:
            self._draw_indicators(self._board)

    def _choose_all(self) -> None:
        self._cell = None
        if self._board is not None:
            self._draw_indicators(self._board)

    def _read(self) -> tuple[EvaluationBoard | None]:
        """In a tuple: nothing published is something to draw, too."""
        services, viewer = self._console.services, self._viewer
        institution_id, period, language = self._institution.value, self._period, viewer.language
        key = scope_key("evaluation", viewer.principal), institution_id, period, language
        return self._console.shared.get(
            key,
            REFRESH_S / 2,
            lambda: (read_evaluation_board(services, viewer.principal, institution_id, period, language),),
        )

    def _draw(self, view: tuple[EvaluationBoard | None]) -> None:
        (board,) = view
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        self._nothing.set_visibility(board is None)
        self._body.set_visibility(board is not None)
        if board is None or board == self._board:
            return
        self._board = board
        self._period = self._period or board.period
        self._periods.set_options(list(board.periods), value=board.period)
        self._made.set_text(self._viewer.say("console.evaluation.made", at=date_time(board.made_ms)))
        self._matrix.show(board)
        self._conflicts.show(board)
        self._benchmark.show(board)
        self._draw_indicators(board)
        self._draw_method(board)

    def _draw_method(self, board: EvaluationBoard) -> None:
        self._tiles.show(board, self._method)
        self._synergy.show(board, self._method)
        self._coupling.show(board, self._method)

    def _draw_indicators(self, board: EvaluationBoard) -> None:
        self._chosen.set_visibility(self._cell is not None)
        if self._cell is None:
            self._indicators.show(board, board.indicators)
            return
        department, dimension = self._cell
        name = self._console.department_name(department, self._viewer)
        named = "" if dimension is None else f" · {self._viewer.say(f'evaluation.dimension.{dimension.value}')}"
        self._chosen.set_text(name + named)
        self._indicators.show(board, of_cell(board, department, dimension))
