"""Value beside value: what arrived here, and what somebody reads from the meter's display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.numbers import MISSING, age, grouped
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.comparison import Comparable, verdict
from cloud.desks.commissioning import Compared

COLUMNS = ("point", "ours", "display", "deviation", "age")


@dataclass(slots=True)
class _Row:
    newest: Comparable
    ours: ui.label
    shown: ui.number
    deviation: ui.label
    age: ui.label


class ComparisonTable:
    """Cells change, rows and what was typed stay. Our value stands still from the moment the display's was typed."""

    def __init__(self, viewer: Viewer, points: Sequence[Comparable]) -> None:
        self._viewer = viewer
        self._rows: dict[str, _Row] = {}
        with tag(ui.element("table").classes("xt-table"), "comparison"):
            with ui.element("thead"), ui.element("tr"):
                for column in COLUMNS:
                    with ui.element("th"):
                        ui.label(viewer.say(f"console.commissioning.column.{column}"))
            with ui.element("tbody"):
                for point in points:
                    self._add(point)

    def compared(self) -> list[Compared]:
        """The rows in which a display's value was typed beside a value of ours."""
        return [
            Compared(name, row.newest.ours, float(row.shown.value))
            for name, row in self._rows.items()
            if row.shown.value is not None and row.newest.ours is not None
        ]

    def show(self, points: Sequence[Comparable], now_ms: int) -> None:
        for point in points:
            row = self._rows.get(point.point)
            if row is None:
                continue
            if row.shown.value is None:
                row.newest = point
                row.ours.set_text(_words(point))
            row.age.set_text(age(row.newest.measured_ms, now_ms, self._viewer.language))

    def _add(self, point: Comparable) -> None:
        with tag(ui.element("tr"), f"compare-{point.point.replace('/', '-')}"):
            with ui.element("td").classes("xt-nowrap"):
                ui.label(point_name(self._viewer, point.point)).tooltip(point.point)
            with ui.element("td").classes("xt-right xt-nowrap"):
                ours = ui.label(_words(point))
            with ui.element("td"):
                shown = ui.number(suffix=point.unit, on_change=lambda: self._judge(point.point))
                shown.props("dense outlined hide-bottom-space").classes("xt-entry")
            with ui.element("td"):
                deviation = ui.label("")
            with ui.element("td").classes("xt-column-age"):
                aged = ui.label("")
        self._rows[point.point] = _Row(point, ours, shown, deviation, aged)

    def _judge(self, name: str) -> None:
        row = self._rows[name]
        if row.shown.value is None or row.newest.ours is None:
            row.deviation.set_text("")
            row.deviation.classes(replace="")
            return
        compared = Compared(name, row.newest.ours, float(row.shown.value))
        row.deviation.set_text(f"{100 * compared.deviation:+.1f} %" if compared.shown else grouped(compared.ours, 2))
        row.deviation.classes(replace=f"xt-chip xt-tone-{verdict(compared.deviation)}")


def _words(point: Comparable) -> str:
    return MISSING if point.ours is None else f"{grouped(point.ours, 3)} {point.unit}".rstrip()
