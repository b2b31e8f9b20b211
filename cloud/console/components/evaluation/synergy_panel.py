"""The synergy degree and the coupling coordination with every term that led to them."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.panel import empty
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.evaluation_charts import changes_chart, coupling_chart
from cloud.console.numbers import MISSING
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import CouplingBoard, EvaluationBoard, SynergyBoard, SynergyTerm
from cloud.evaluation.order_degree import Method
from foundation.texts import load_texts

COLUMNS = ("department", "parameters", "weight", "earlier", "later", "change")


class SynergyPanel:
    """Both variants of the order degree in turn: geometric mean, and weighted sum."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        self._box = tag(ui.element("div").classes("xt-stack"), "synergy")

    def show(self, board: EvaluationBoard, method: Method) -> None:
        found, say = board.synergy[method], self._viewer.say
        self._box.clear()
        with self._box:
            if found.missing is not None:
                empty(say(found.missing))
                return
            why(synergy_sentence(board, found, self._console, self._viewer), "synergy-why")
            with ui.element("div").classes("xt-grid xt-grid-synergy"):
                self._table(board, found)
                ui.echart(changes_chart(found.terms, self._name)).classes("xt-chart xt-chart-terms")
            with ui.element("div").classes("xt-facts-2"):
                facts(self._figures(found), "synergy-figures")

    def _table(self, board: EvaluationBoard, found: SynergyBoard) -> None:
        say = self._viewer.say
        periods = {"earlier": board.earlier_period, "later": board.period}
        columns = [
            Column(
                say(f"console.evaluation.column.{name}", period=periods.get(name, "")),
                right=name not in ("department", "parameters"),
                nowrap=name != "parameters",
            )
            for name in COLUMNS
        ]
        RowTable(columns, "", "synergy-terms").show([self._row(one) for one in found.terms])

    def _row(self, term: SynergyTerm) -> Row:
        say = self._viewer.say
        names = [say(f"evaluation.indicator.{one}.name") for one in term.parameters]
        tone = "" if term.is_stalled else "red" if term.is_falling else "good"
        cells: tuple[Shown, ...] = (
            self._name(term.department),
            Cell(say("console.evaluation.parameters", n=len(names)), say("forecast.part_separator").join(names)),
            f"{term.weight:.3f}",
            f"{term.earlier:.4f}",
            f"{term.later:.4f}",
            Chip(f"{term.change:+.4f}", tone),
        )
        return Row(term.department, cells)

    def _figures(self, found: SynergyBoard) -> list[tuple[str, str]]:
        say = self._viewer.say
        left_out = self._names(found.left_out)
        return [
            ("θ", f"{found.theta:+d}"),
            (say("console.evaluation.degree"), f"{_number(found.degree)} · {band_words(found, self._viewer)}"),
            (say("console.evaluation.weighted_degree"), _number(found.weighted_degree)),
            (say("console.evaluation.net"), _number(found.net)),
            (say("console.evaluation.falling"), self._names([one.department for one in found.terms if one.is_falling])),
            (say("console.evaluation.stalled"), self._names([one.department for one in found.terms if one.is_stalled])),
            (say("console.evaluation.left_out"), left_out),
        ]

    def _names(self, departments: Sequence[str]) -> str:
        names = [self._name(one) for one in departments]
        return self._viewer.say("forecast.part_separator").join(names) or MISSING

    def _name(self, department: str) -> str:
        return self._console.department_name(department, self._viewer)


class CouplingPanel:
    """C, T and D together, for C alone misleads; below them D of every two departments."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer = console, viewer
        self._box = tag(ui.element("div").classes("xt-stack"), "coupling")

    def show(self, board: EvaluationBoard, method: Method) -> None:
        found, say = board.coupling[method], self._viewer.say
        self._box.clear()
        with self._box:
            if found.missing is not None:
                empty(say(found.missing))
                return
            why(coupling_sentence(found, self._viewer), "coupling-why")
            ui.echart(coupling_chart(found.pairs or {}, self._name)).classes("xt-chart xt-chart-heat")

    def _name(self, department: str) -> str:
        return self._console.department_name(department, self._viewer)


def band_words(found: SynergyBoard, viewer: Viewer) -> str:
    key = f"evaluation.band.{found.band}"
    return viewer.say(key) if key in load_texts() else MISSING


def synergy_sentence(board: EvaluationBoard, found: SynergyBoard, console: Console, viewer: Viewer) -> str:
    """How the degree came about, and who turned its sign."""
    falling = [console.department_name(one.department, viewer) for one in found.terms if one.is_falling]
    stalled = [console.department_name(one.department, viewer) for one in found.terms if one.is_stalled]
    separator = viewer.say("forecast.part_separator")
    if stalled:
        sign = viewer.say("console.evaluation.stands", departments=separator.join(stalled))
    elif falling:
        sign = viewer.say("console.evaluation.negative", departments=separator.join(falling))
    else:
        sign = viewer.say("console.evaluation.positive")
    return viewer.say(
        "console.evaluation.synergy_why",
        period=board.period,
        earlier=board.earlier_period,
        n=len(found.terms),
        degree=_number(found.degree),
        band=band_words(found, viewer),
        net=_number(found.net),
        sign=sign,
    )


def coupling_sentence(found: CouplingBoard, viewer: Viewer) -> str:
    return viewer.say(
        "console.evaluation.coupling_why",
        n=len(found.order_degrees),
        C=MISSING if found.coupling is None else f"{found.coupling:.3f}",
        T=_number(found.level, 3),
        D=_number(found.coordination, 3),
        grade=viewer.say(f"evaluation.grade.{found.grade}"),
    )


def _number(value: float | None, decimals: int = 4) -> str:
    return MISSING if value is None else f"{value:.{decimals}f}".replace("-", "−")
