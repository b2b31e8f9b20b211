"""Indicators as rows, and one of them opened: value, bounds, inputs and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.components.span_bar import span_bar
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.indicator_words import indicator_unit, input_rows, value_words
from cloud.console.numbers import MISSING, date_time
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import EvaluationBoard
from cloud.desks.evaluation import IndicatorView
from cloud.evaluation.indicator import NOT_APPLICABLE
from foundation.texts import load_texts

COLUMNS = ("indicator", "department", "value", "before", "efficacy", "sentence")


class IndicatorTable:
    """A row opens the indicator."""

    def __init__(self, console: Console, viewer: Viewer, marker: str = "indicators") -> None:
        self._console, self._viewer = console, viewer
        self._anchor = ui.element("div").classes("xt-anchor")
        columns = [
            Column(
                viewer.say(f"console.indicator.column.{name}"),
                right=name in ("value", "before"),
                nowrap=name in ("value", "before", "department"),
            )
            for name in COLUMNS
        ]
        self._table = RowTable(columns, viewer.say("console.indicator.none"), marker, self._press)
        self._board: EvaluationBoard | None = None

    def show(self, board: EvaluationBoard, views: Sequence[IndicatorView]) -> None:
        self._board = board
        self._table.show([self._row(one, board) for one in views])

    def _row(self, view: IndicatorView, board: EvaluationBoard) -> Row:
        before = board.earlier.get(view.value.indicator)
        cells: tuple[Shown, ...] = (
            Cell(view.name, self._viewer.say(f"evaluation.dimension.{view.indicator.dimension.value}")),
            self._console.department_name(view.value.department, self._viewer),
            value_words(view.value.value, view.indicator, self._viewer),
            value_words(before.value.value if before else None, view.indicator, self._viewer),
            efficacy_cell(view, self._viewer),
            view.explanation,
        )
        return Row(view.value.indicator, cells)

    async def _press(self, row: str, button: str) -> None:
        if self._board is None:
            return
        view = next((one for one in self._board.indicators if one.value.indicator == row), None)
        if view is not None:
            with self._anchor:
                open_indicator(self._console, self._viewer, self._board, view)


def efficacy_cell(view: IndicatorView, viewer: Viewer) -> Shown:
    """Its place between the bounds as a bar; why there is none."""
    value = view.value
    if value.efficacy is None:
        is_gap = not (value.missing or "").startswith(NOT_APPLICABLE)
        key = "console.account.to_be_completed" if is_gap else "console.indicator.not_applicable"
        return Chip(viewer.say(key), "orange" if is_gap else "")
    return span_bar(f"{value.efficacy:.2f}", value.efficacy)


def open_indicator(console: Console, viewer: Viewer, board: EvaluationBoard, view: IndicatorView) -> None:
    """A dialog over the page; call it inside an element that stays."""
    say = viewer.say
    with ui.dialog() as dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "indicator"):
        ui.label(view.name).classes("xt-title")
        why(view.explanation)
        facts(indicator_facts(console, viewer, board, view))
        if view.value.inputs:
            ui.label(say("console.indicator.inputs")).classes("xt-field-title")
            facts(input_rows(view.value.inputs, viewer), "inputs")
        tag(ui.button(say("console.indicator.close"), on_click=dialog.close).props("flat no-caps"), "close")
    dialog.on("hide", dialog.delete)
    dialog.open()


def indicator_facts(
    console: Console, viewer: Viewer, board: EvaluationBoard, view: IndicatorView
) -> list[tuple[str, str]]:
    say, value, indicator = viewer.say, view.value, view.indicator
    before, bounds = board.earlier.get(value.indicator), indicator.bounds
    edges = " – ".join(value_words(edge, indicator, viewer) for edge in (bounds.low, bounds.high))
    source = say(bounds.source) if bounds.source in load_texts() else bounds.source
    efficacy = MISSING if value.efficacy is None else f"{value.efficacy:.3f}"
    clipped = " · " + say("console.indicator.clipped") if value.clipped else ""
    return [
        (say("console.indicator.column.department"), console.department_name(value.department, viewer)),
        (say("console.indicator.dimension"), say(f"evaluation.dimension.{indicator.dimension.value}")),
        (say("console.indicator.column.value"), value_words(value.value, indicator, viewer)),
        (
            say("console.indicator.before", period=board.earlier_period),
            value_words(before.value.value if before else None, indicator, viewer),
        ),
        (say("console.indicator.unit"), indicator_unit(indicator, viewer) or say("console.indicator.share")),
        (say("console.indicator.bounds"), f"{edges} · {bounds.version} · {source}"),
        (say("console.indicator.better"), say(f"console.indicator.better.{indicator.orientation.value}")),
        (say("console.indicator.column.efficacy"), efficacy + clipped),
        (say("console.indicator.measured"), date_time(value.measured_ms)),
    ]
