"""Names and values side by side, a sentence that explains, and steps in the order they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.tag import tag


def facts(pairs: Sequence[tuple[str, str]], marker: str = "facts") -> None:
    """A list of names with their values."""
    with tag(ui.element("dl").classes("xt-facts"), marker):
        for name, value in pairs:
            with ui.element("dt"):
                ui.label(name)
            with ui.element("dd"):
                ui.label(value)


def why(sentence: str, marker: str = "why") -> None:
    """The one sentence by which a score, an alarm or a forecast explains itself."""
    with tag(ui.element("div").classes("xt-why"), marker):
        ui.label(sentence)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened: what, when and by whom, and a note."""

    title: str
    detail: str
    note: str = ""


def timeline(steps: Sequence[Step], marker: str = "timeline") -> None:
    """Steps from the first to the last."""
    with tag(ui.element("ol").classes("xt-timeline"), marker):
        for step in steps:
            with ui.element("li"):
                ui.label(step.title).classes("xt-step-title")
                ui.label(step.detail).classes("xt-note")
                if step.note:
                    ui.label(step.note)
