"""A severity as people see it: its word on its colour."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.row_table import Chip
from cloud.console.session import Viewer
from cloud.core.event import Severity


def severity_name(severity: Severity, viewer: Viewer) -> str:
    return viewer.say(f"console.severity.{severity.name.lower()}")


def severity_chip(severity: Severity, viewer: Viewer, *, extra: str = "") -> Chip:
    """For a cell of a table; `extra` stands behind the word."""
    return Chip(f"{severity_name(severity, viewer)}{extra}", tone_of(severity))


def tone_of(severity: Severity) -> str:
    """The tone of a chip; INFO is no risk and stays grey."""
    return "" if severity is Severity.INFO else severity.name.lower()


def chip_label(chip: Chip) -> ui.label:
    """The same chip as an element of its own."""
    return ui.label(chip.text).classes(f"xt-chip xt-tone-{chip.tone}")
