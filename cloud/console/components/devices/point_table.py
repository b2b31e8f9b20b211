"""All points of one device with value, time and quality; what nobody vouches for is greyed."""

from __future__ import annotations

from nicegui import ui

from cloud.console.context import Console
from cloud.console.numbers import age, show_value
from cloud.console.point_words import point_name
from cloud.console.session import Viewer
from cloud.console.views.device_values import DeviceValues, PointValue
from cloud.console.views.places import PlacedDevice
from gateway.messages import Quality


class PointTable:
    """One row per point of the birth; cells change, rows stay."""

    def __init__(self, console: Console, viewer: Viewer, device: PlacedDevice) -> None:
        self._console, self._viewer = console, viewer
        self._cells: dict[str, tuple[ui.element, ui.label, ui.label]] = {}
        with ui.element("table").classes("xt-table"):
            with ui.element("thead"), ui.element("tr"):
                for column in ("point", "value", "age"):
                    with ui.element("th").classes(f"xt-column-{column}"):
                        ui.label(viewer.say(f"console.device.column.{column}"))
            with ui.element("tbody"):
                for point in device.registered.points:
                    self._row(point.name)

    def _row(self, point: str) -> None:
        with ui.element("tr") as row:
            with ui.element("td"):
                ui.label(point_name(self._viewer, point)).tooltip(point)
            with ui.element("td").classes("xt-column-value"):
                value = ui.label("")
            with ui.element("td").classes("xt-column-age"):
                aged = ui.label("")
        self._cells[point] = row, value, aged

    def show(self, values: DeviceValues, now_ms: int) -> None:
        for one in values.values:
            if one.point.name not in self._cells:
                continue
            row, value, aged = self._cells[one.point.name]
            row.classes(replace="xt-stale" if one.is_stale else "")
            value.set_text(self._value(one, values))
            since = one.sample.measured_ms if one.sample else None
            aged.set_text(age(since, now_ms, self._viewer.language) + self._flaw(one))

    def _value(self, one: PointValue, values: DeviceValues) -> str:
        profile = self._console.profile_point(values.device.profile, one.point.name)
        value = one.sample.value if one.sample else None
        return str(show_value(value, one.point.unit, self._viewer.language, profile))

    def _flaw(self, one: PointValue) -> str:
        if one.sample is None or one.sample.quality is Quality.GOOD:
            return ""
        return " · " + self._viewer.say(f"console.quality.{one.sample.quality.name.lower()}")
