"""Where the institution stands beside published averages, and among its peers when there are enough of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloud.console.components.energy.account_inputs import group_name
from cloud.console.components.row_table import Cell, Column, Row, RowTable, Shown
from cloud.console.components.span_bar import span_bar
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import EvaluationBoard
from cloud.evaluation.benchmark import LEAST_GROUP
from cloud.reporting.display import unit_text

COLUMNS = ("indicator", "value", "average", "ratio", "percentile", "source")
NUMBERS = frozenset({"value", "average"})
FULL_RATIO = 2.0
"""Ratio at which the bar is full; the average stands in its middle."""


class BenchmarkTable:
    """Context alone: no verdict follows from it."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        columns = [
            Column(viewer.say(f"console.evaluation.benchmark.{name}"), right=name in NUMBERS, nowrap=name in NUMBERS)
            for name in COLUMNS
        ]
        self._table = RowTable(columns, viewer.say("console.account.no_peers"), "benchmark")

    def show(self, board: EvaluationBoard) -> None:
        self._table.show([self._row(place, one) for place, one in enumerate(board.benchmark)])

    def _row(self, place: int, one: Mapping[str, Any]) -> Row:
        viewer, say = self._viewer, self._viewer.say
        unit = unit_text(one["unit"], viewer.language)
        if one["percentile"] is None:
            rank = say("console.evaluation.small_group", n=one["group_size"], least=LEAST_GROUP)
        else:
            rank = say("console.evaluation.below_us", share=f"{100 * one['percentile']:.0f} %", n=one["group_size"])
        cells: tuple[Shown, ...] = (
            say(f"evaluation.indicator.{one['indicator']}.name"),
            f"{one['value']:,.2f} {unit}",
            Cell(f"{one['average']:,.2f} {unit}", f"{group_name(one['region'], one['group'], viewer)} {one['year']}"),
            span_bar(f"{one['ratio']:.2f}", one["ratio"] / FULL_RATIO),
            rank,
            one["source"],
        )
        return Row(f"{place}", cells)
