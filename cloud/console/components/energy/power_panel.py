"""Live power of the compound and of each building, with limits, breaches and commands in the curves."""

from __future__ import annotations

from nicegui import ui

from cloud.console import theme
from cloud.console.chart_options import Line, Mark, Options, line_chart
from cloud.console.command_words import order_words, target_name
from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.numbers import MISSING, clock_time, percent, show
from cloud.console.session import Viewer
from cloud.console.views.overview import BuildingPower, LivePower
from cloud.core.command_record import CommandRecord


def compound_options(view: LivePower, viewer: Viewer) -> Options:
    """The buildings piled up: their upper edge is the power of the compound."""
    lines = [
        Line(
            viewer.name(view.places.building_name(one.building_id)), one.curve, theme.series_colour(place), stack="all"
        )
        for place, one in enumerate(view.buildings)
    ]
    return line_chart(lines, "W")


def building_options(building: BuildingPower, colour: str, view: LivePower, viewer: Viewer) -> Options:
    """Power and the mean that its threshold watches, the limit, breaches as areas, commands as marks."""
    threshold = building.threshold
    lines = [Line(viewer.say("console.overview.power"), building.curve, colour)]
    if threshold:
        name = viewer.say("console.overview.mean", seconds=f"{threshold.window_s:g}")
        lines.append(Line(name, building.mean, theme.INK, is_dashed=True))
    start_ms = building.curve[0][0] if building.curve else view.at_ms
    areas = [(max(one.opened_ms, start_ms), one.closed_ms or view.at_ms) for one in building.breaches]
    marks = [mark for record in building.commands if (mark := _mark(record, building, view, viewer))]
    limit = threshold.limit if threshold else None
    command = viewer.say("console.overview.command")
    return line_chart(lines, "W", limit=limit, areas=areas, marks=marks, mark_name=command)


def standing_words(building: BuildingPower, viewer: Viewer) -> str:
    """The watched mean against its limit: `30 s mean 78.2 kW of 86.0 kW (91 %)`; empty without a threshold."""
    threshold = building.threshold
    if threshold is None:
        return viewer.say("console.overview.no_limit")
    share = percent(building.mean_w, threshold.limit) if building.mean_w is not None else None
    return viewer.say(
        "console.overview.standing",
        seconds=f"{threshold.window_s:g}",
        mean=str(show(building.mean_w, "W")),
        limit=str(show(threshold.limit, "W")),
        share=MISSING if share is None else f"{share} %",
    )


def _mark(record: CommandRecord, building: BuildingPower, view: LivePower, viewer: Viewer) -> Mark | None:
    sent_ms = record.sent_ms
    height = next((value for at_ms, value in reversed(building.curve) if sent_ms and at_ms <= sent_ms and value), None)
    if sent_ms is None or height is None:
        return None
    words = viewer.say(
        "console.overview.command_at",
        time=clock_time(sent_ms),
        device=target_name(record, view.places, viewer),
        order=order_words(record, view.places, viewer),
        state=viewer.say(f"console.command.{record.state.value}"),
    )
    return Mark(sent_ms, height, words)


class BuildingPanel:
    """One building's card: number now, state, and its curve."""

    def __init__(self, building: BuildingPower, place: int, view: LivePower, viewer: Viewer) -> None:
        self._viewer, self._colour = viewer, theme.series_colour(place)
        title = viewer.name(view.places.building_name(building.building_id))
        with panel(title, classes="xt-building") as head:
            with head:
                self._state = ui.label("").classes("xt-chip")
                ui.element("div").classes("xt-grow")
                self._now = tag(ui.label("").classes("xt-panel-number"), f"power-{building.building_id}")
            self._standing = ui.label("").classes("xt-standing")
            self._chart = ui.echart(building_options(building, self._colour, view, viewer)).classes("xt-chart")
        self.show(building, view)

    def show(self, building: BuildingPower, view: LivePower) -> None:
        self._now.set_text(str(show(building.now_w, "W")))
        self._standing.set_text(standing_words(building, self._viewer))
        self._chart.options.update(building_options(building, self._colour, view, self._viewer))
        state = _state_of(building)
        self._state.set_text(self._viewer.say(f"console.overview.state.{state}"))
        self._state.classes(replace=f"xt-chip xt-state-{state}")


def _state_of(building: BuildingPower) -> str:
    if building.now_w is None:
        return "silent"
    if building.is_breached:
        return "breach"
    return "within" if building.threshold else "unwatched"


class CompoundPanel:
    """The compound's curve."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        with panel(viewer.say("console.overview.compound_power"), classes="xt-compound"):
            self._chart = ui.echart(line_chart([], "W")).classes("xt-chart xt-chart-tall")

    def show(self, view: LivePower) -> None:
        self._chart.options.update(compound_options(view, self._viewer))
