"""The five figures of an evaluation that a leader looks at first."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.evaluation.synergy_panel import band_words
from cloud.console.components.tiles import Tile
from cloud.console.numbers import MISSING, Shown
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import EvaluationBoard, conflicts
from cloud.evaluation.order_degree import Method

TILES = ("synergy", "net", "coupling", "agreement", "overall", "conflicts")


class EvaluationTiles:
    """`show` fills them; a figure that is not known says why below its dash."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        with ui.element("div").classes("xt-tiles xt-tiles-told"):
            self._tiles = {name: Tile(viewer.say(f"console.evaluation.tile.{name}"), f"tile-{name}") for name in TILES}

    def show(self, board: EvaluationBoard, method: Method) -> None:
        say, synergy, coupling = self._viewer.say, board.synergy[method], board.coupling[method]
        falling = sum(one.is_falling for one in synergy.terms)
        why_none = say(synergy.missing) if synergy.missing else ""
        self._tiles["synergy"].show(_shown(synergy.degree), why_none or band_words(synergy, self._viewer))
        self._tiles["net"].show(
            _shown(synergy.net), why_none or say("console.evaluation.falls", n=falling), is_alarming=falling > 0
        )
        grade = say(f"evaluation.grade.{coupling.grade}") if coupling.grade else say(coupling.missing or "")
        self._tiles["coupling"].show(_shown(coupling.coordination), grade)
        self._tiles["agreement"].show(_shown(board.rho, 2), say(f"evaluation.decision.{board.decision}"))
        shown = sum(row.overall is not None for row in board.rows)
        self._tiles["overall"].show(Shown(f"{shown} / {len(board.rows)}"), say("console.evaluation.overall_below"))
        waiting = len(conflicts(board))
        self._tiles["conflicts"].show(
            Shown(f"{waiting}"), say("console.evaluation.conflicts_below"), is_alarming=waiting > 0
        )


def _shown(value: float | None, decimals: int = 3) -> Shown:
    return Shown(MISSING if value is None else f"{value:.{decimals}f}".replace("-", "−"))
