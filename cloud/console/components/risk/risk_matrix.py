"""Likelihood times consequence as a grid in the four colours, with how many risks lie in each cell; a press chooses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from html import escape

from nicegui import events, ui

from cloud.console.components.tag import tag
from cloud.console.session import Viewer
from cloud.console.views.risk_register import Cell
from cloud.risk.matrix import colour_of

LEVELS = (1, 2, 3, 4, 5)

_PRESSED = """(event) => {
  const cell = event.target.closest('button[data-cell]');
  if (cell) emit(cell.dataset.cell);
}"""


class RiskMatrix:
    """Likelihood upwards, consequence to the right. `on_choose` hears the cell that was pressed."""

    def __init__(self, viewer: Viewer, on_choose: Callable[[Cell], Awaitable[None]]) -> None:
        self._viewer = viewer
        with tag(ui.element("div").classes("xt-matrix-box"), "risk-matrix") as box:
            # Numbers, and texts of the catalogue escaped below.
            self._html = ui.html("", sanitize=False)

        async def heard(event: events.GenericEventArguments) -> None:
            likelihood, consequence = str(event.args).split("-")
            await on_choose((int(likelihood), int(consequence)))

        box.on("click", heard, js_handler=_PRESSED)

    def show(self, counts: Mapping[Cell, int], chosen: Cell | None) -> None:
        rows = "".join(self._row(likelihood, counts, chosen) for likelihood in reversed(LEVELS))
        feet = "".join(f"<span>{self._words('consequence', one)}</span>" for one in LEVELS)
        say = self._viewer.say
        axes = (
            f'<span class="xt-matrix-up">{escape(say("console.register.likelihood"))}</span>'
            f'<span class="xt-matrix-right">{escape(say("console.register.consequence"))} →</span>'
        )
        self._html.set_content(f'<div class="xt-matrix">{rows}<span></span>{feet}</div>{axes}')

    def _row(self, likelihood: int, counts: Mapping[Cell, int], chosen: Cell | None) -> str:
        cells = "".join(
            _cell(likelihood, consequence, counts.get((likelihood, consequence), 0), chosen) for consequence in LEVELS
        )
        return f'<span class="xt-matrix-side">{self._words("likelihood", likelihood)}</span>{cells}'

    def _words(self, axis: str, level: int) -> str:
        return f"<b>{level}</b> {escape(self._viewer.say(f'risk.{axis}.{level}'))}"


def _cell(likelihood: int, consequence: int, count: int, chosen: Cell | None) -> str:
    colour = colour_of(likelihood, consequence).name.lower()
    names = ["xt-matrix-cell", f"xt-severity-{colour}"]
    names += [] if count else ["xt-matrix-empty"]
    names += ["xt-matrix-chosen"] if chosen == (likelihood, consequence) else []
    place = f"{likelihood}-{consequence}"
    return (
        f'<button type="button" class="{" ".join(names)}" data-cell="{place}" data-testid="cell-{place}" '
        f'title="{likelihood} × {consequence} = {likelihood * consequence}">{count or ""}</button>'
    )
