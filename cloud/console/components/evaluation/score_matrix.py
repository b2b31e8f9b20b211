"""The evaluation matrix: departments by dimensions as coloured cells with measured, human and final score."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape

from nicegui import events, ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import MISSING
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import DepartmentRow, EvaluationBoard, MatrixCell
from cloud.evaluation.indicator import Dimension
from cloud.evaluation.matrix import CellState

LOW, HIGH = (197, 48, 42), (29, 138, 92)
"""Colours of the scores 0 and 1; between them the ground fades to white at the middle."""

WHOLE = "all"
_PRESSED = """(event) => {
  const cell = event.target.closest('[data-cell]');
  if (cell) emit(cell.dataset.cell);
}"""


class ScoreMatrix:
    """`on_choose` hears department and dimension of the cell pressed; None for a department as a whole."""

    def __init__(
        self, console: Console, viewer: Viewer, on_choose: Callable[[str, Dimension | None], Awaitable[None]]
    ) -> None:
        self._console, self._viewer = console, viewer
        with tag(ui.element("div").classes("xt-table-box"), "score-matrix") as box:
            # Every text is escaped below.
            self._html = ui.html("", sanitize=False)

        async def heard(event: events.GenericEventArguments) -> None:
            department, _, dimension = str(event.args).partition("/")
            await on_choose(department, None if dimension == WHOLE else Dimension(dimension))

        box.on("click", heard, js_handler=_PRESSED)

    def show(self, board: EvaluationBoard) -> None:
        say = self._viewer.say
        heads = "".join(
            f"<th>{escape(say(f'evaluation.dimension.{one.value}'))}"
            f'<div class="xt-below">{escape(say("console.evaluation.weight", weight=percent(board.weights[one])))}'
            "</div></th>"
            for one in Dimension
        )
        sides = "".join(
            f"<th>{escape(say(f'console.evaluation.side.{name}'))}</th>"
            for name in ("machine", "human", "coverage", "overall")
        )
        body = "".join(self._row(row) for row in board.rows)
        self._html.set_content(
            f'<table class="xt-table xt-em"><thead><tr><th></th>{heads}{sides}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def _row(self, row: DepartmentRow) -> str:
        name = escape(self._console.department_name(row.department, self._viewer))
        cells = "".join(self._cell(row.department, dimension, row.cells[dimension]) for dimension in Dimension)
        overall = score(row.overall) if row.overall is not None else self._hidden(row)
        return (
            f'<tr><th data-cell="{row.department}/{WHOLE}" class="xt-em-name">{name}</th>{cells}'
            f"<td>{score(row.machine)}</td><td>{score(row.human)}</td>"
            f"<td>{percent(row.coverage)}</td><td class='xt-em-overall'>{overall}</td></tr>"
        )

    def _hidden(self, row: DepartmentRow) -> str:
        """Why there is no overall score."""
        reason = escape(self._viewer.say(f"evaluation.hidden.{row.hidden or 'missing'}"))
        return f'{MISSING}<div class="xt-below">{reason}</div>'

    def _cell(self, department: str, dimension: Dimension, cell: MatrixCell) -> str:
        say = self._viewer.say
        state = escape(say(f"evaluation.state.{cell.state.value}"))
        if cell.state is CellState.MISSING:
            return f'<td class="xt-em-cell xt-em-missing" title="{state}">{MISSING}</td>'
        both = escape(say("console.evaluation.both", machine=score(cell.machine), human=score(cell.human)))
        is_part = cell.coverage is not None and cell.coverage < 1
        covered = f" · {percent(cell.coverage or 0)}" if is_part else ""
        mark = ' <b class="xt-em-mark">!</b>' if cell.state is CellState.CONFLICT else ""
        final = score(cell.final) if cell.final is not None else "?"
        return (
            f'<td class="xt-em-cell xt-em-{cell.state.value}" style="background:{ground(cell.shown)}" '
            f'data-cell="{department}/{dimension.value}" data-testid="score-{department}-{dimension.value}" '
            f'title="{state}"><span>{final}{mark}</span><div class="xt-below">{both}{covered}</div></td>'
        )


def score(value: float | None) -> str:
    """0 to 1 with two decimals; a dash for None."""
    return MISSING if value is None else f"{value:.2f}"


def percent(share: float) -> str:
    """Whole per cent; number and sign stay on one line."""
    return f"{100 * share:.0f}\u00a0%"


def ground(value: float | None) -> str:
    """From red at 0 over white to green at 1, pale enough to read on."""
    if value is None:
        return "transparent"
    colour = HIGH if value >= 0.5 else LOW
    share = min(1.0, abs(value - 0.5) * 2)
    return f"rgba({colour[0]}, {colour[1]}, {colour[2]}, {0.05 + 0.3 * share:.3f})"
