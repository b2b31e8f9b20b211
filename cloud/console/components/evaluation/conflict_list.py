"""Where machine and people differ: cells, and departments whose ranks lie far apart; each waits for an arbitration."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.evaluation.score_matrix import score
from cloud.console.components.facts import why
from cloud.console.components.row_table import Chip, Column, Row, RowTable, Shown
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import MISSING
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import EvaluationBoard, conflicts

COLUMNS = ("where", "machine", "human", "gap", "state")


class ConflictList:
    """Rank gaps first, then single cells, the widest first."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        self._box = tag(ui.element("div").classes("xt-stack"), "conflicts")

    def show(self, board: EvaluationBoard) -> None:
        say = self._viewer.say
        self._box.clear()
        with self._box:
            rho = MISSING if board.rho is None else f"{board.rho:.2f}".replace("-", "−")
            decision = say(f"evaluation.decision.{board.decision}")
            why(say("console.evaluation.agreement", rho=rho, n=board.compared, decision=decision), "agreement")
            columns = [
                Column(say(f"console.evaluation.conflict.{name}"), right=name in ("machine", "human", "gap"))
                for name in COLUMNS
            ]
            with ui.element("div").classes("xt-scroll-tall"):
                RowTable(columns, say("console.evaluation.no_conflict"), "conflict-rows").show(
                    [*self._ranks(board), *self._cells(board)]
                )

    def _ranks(self, board: EvaluationBoard) -> list[Row]:
        waits = board.decision == "arbitrate"
        rows = []
        for one in board.rows:
            if one.rank_gap is None:
                continue
            where = self._viewer.say("console.evaluation.rank", department=self._name(one.department))
            gap = self._viewer.say("console.evaluation.ranks", n=f"{abs(one.rank_gap):g}")
            cells: tuple[Shown, ...] = (where, score(one.machine), score(one.human), gap, self._state(waits))
            rows.append(Row(f"rank-{one.department}", cells))
        return rows

    def _cells(self, board: EvaluationBoard) -> list[Row]:
        rows = []
        for row, dimension, cell in conflicts(board):
            named = self._viewer.say(f"evaluation.dimension.{dimension.value}")
            gap = MISSING if cell.agreement is None else f"{1 - cell.agreement:.2f}"
            cells: tuple[Shown, ...] = (
                f"{self._name(row.department)} · {named}", score(cell.machine), score(cell.human), gap,
                self._state(True),
            )  # fmt: skip
            rows.append(Row(f"cell-{row.department}-{dimension.value}", cells))
        return rows

    def _state(self, waits: bool) -> Shown:
        key = "console.evaluation.needs_arbitration" if waits else "console.evaluation.noted"
        return Chip(self._viewer.say(key), "orange" if waits else "blue")

    def _name(self, department: str) -> str:
        return self._console.department_name(department, self._viewer)
