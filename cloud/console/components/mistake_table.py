"""What is wrong in a file that somebody handed in: file, sheet, row, column and reason, one row each."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.session import Viewer
from cloud.core.import_mistake import ImportMistake

TITLES = ("file", "sheet", "row", "column", "reason")


def mistake_table(viewer: Viewer, mistakes: Sequence[ImportMistake], count: int) -> None:
    """The first of `count` mistakes, with how many more there are."""
    tag(ui.label(viewer.say("console.file.mistakes", n=count)).classes("xt-wrong"), "mistake-count")
    columns = [Column(viewer.say(f"console.file.{one}"), right=one == "row") for one in TITLES]
    table = RowTable(columns, "", "mistakes")
    table.show([_row(place, one, viewer) for place, one in enumerate(mistakes)])
    if count > len(mistakes):
        ui.label(viewer.say("console.file.more_mistakes", n=count - len(mistakes))).classes("xt-note")


def _row(place: int, one: ImportMistake, viewer: Viewer) -> Row:
    row = "" if one.row is None else str(one.row)
    return Row(str(place), (one.file, one.sheet, row, one.column, one.reason(viewer.language)))
