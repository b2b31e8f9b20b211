"""A tile: one number with its unit, a title above and a line of context below."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.numbers import MISSING, Shown


class Tile:
    """Built once, then given new texts; the browser is told only of what changed."""

    def __init__(self, title: str, marker: str) -> None:
        with tag(ui.element("section").classes("xt-card xt-tile"), marker) as self._card:
            ui.label(title).classes("xt-tile-title")
            with ui.element("div").classes("xt-tile-number"):
                self._number = tag(ui.label(MISSING).classes("xt-number"), f"{marker}-number")
                self._unit = ui.label("").classes("xt-unit")
            self._below = ui.label("").classes("xt-tile-below")

    def show(self, shown: Shown, below: str = "", *, is_alarming: bool = False) -> None:
        self._number.set_text(shown.text)
        self._unit.set_text(shown.unit)
        self._below.set_text(below)
        if is_alarming:
            self._card.classes(add="xt-alarming")
        else:
            self._card.classes(remove="xt-alarming")
