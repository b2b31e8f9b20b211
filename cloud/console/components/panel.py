"""A titled card that holds a part of a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui


@contextmanager
def panel(title: str, *, classes: str = "", note: str = "") -> Iterator[ui.element]:
    """Title left, note right, content inside. Yields the row of the title, for additions."""
    with ui.element("section").classes(f"xt-card xt-panel {classes}"):
        with ui.element("header").classes("xt-panel-head") as head:
            ui.label(title).classes("xt-panel-title")
            if note:
                ui.label(note).classes("xt-note")
        yield head


def empty(text: str) -> None:
    """What a panel says when it has nothing to show."""
    ui.label(text).classes("xt-nothing")
