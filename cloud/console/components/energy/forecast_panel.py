"""Forecasts of the buildings: how well each does, one as a chart against what came, and one hour explained."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import events, ui

from cloud.console.components.energy.forecast_rows import COLUMNS, forecast_row, issued_words, lately_words, row_name
from cloud.console.components.facts import why
from cloud.console.components.row_table import Column, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.forecast_chart import MEAN_SERIES, forecast_chart
from cloud.console.forecast_parts import parts_chart
from cloud.console.session import Viewer
from cloud.console.views.forecast_curve import (
    ForecastCurve,
    current_hour,
    explain_point,
    read_forecast_curve,
    read_forecasts,
)
from cloud.console.views.places import Places
from cloud.core.calendar import to_local
from cloud.energy.forecast_run import ForecastPoint, ForecastRun
from cloud.energy.forecast_words import forecast_sentence


@dataclass(frozen=True, slots=True)
class ForecastView:
    """The newest runs, the chosen one as a curve, and the hour of it that is explained with the run it is from."""

    runs: tuple[ForecastRun, ...]
    curve: ForecastCurve | None = None
    explained: tuple[ForecastRun, ForecastPoint] | None = None


class ForecastPanel:
    """`read` blocks and belongs in a thread; `show` draws. A row chooses the series, a point or the list the hour."""

    def __init__(self, console: Console, viewer: Viewer) -> None:
        self._console, self._viewer, say = console, viewer, viewer.say
        self._places: Places | None = None
        self._view = ForecastView(())
        self._chosen = ""
        self._hour_ms: int | None = None
        heads = [Column(say(f"console.forecast.column.{name}"), right=name == "ahead") for name in COLUMNS]
        self._table = RowTable(heads, say("console.forecast.none"), "forecasts", self._choose)
        with ui.element("div").classes("xt-grid xt-grid-forecast") as self._below:
            with ui.element("div").classes("xt-stack"):
                self._title = ui.label("").classes("xt-field-title")
                self._chart = ui.echart({}, on_point_click=self._click).classes("xt-chart xt-chart-forecast")
                self._figures = ui.label("").classes("xt-note")
            self._hour = tag(ui.element("div").classes("xt-stack"), "forecast-hour")

    def read(self, institution_id: str | None) -> ForecastView:
        """The runs of an institution, with the chosen series and hour; DomainError 403, 404."""
        services, principal = self._console.services, self._viewer.principal
        runs = tuple(read_forecasts(services, principal, institution_id))
        run = next((one for one in runs if row_name(one) == self._chosen), runs[0] if runs else None)
        if run is None:
            return ForecastView(runs)
        curve = read_forecast_curve(services, principal, run)
        under_way = current_hour(curve.points, services.clock.now_ms())
        at_ms = self._hour_ms or (under_way.start_ms if under_way else None)
        explained = None if at_ms is None else explain_point(services, principal, run, at_ms)
        return ForecastView(runs, curve, explained)

    def show(self, view: ForecastView, places: Places) -> None:
        """Nothing is redrawn that is as it was: a list that somebody has opened stays open."""
        self._places = places
        chosen = row_name(view.curve.run) if view.curve else ""
        self._table.show(
            [forecast_row(run, self._name_of(run), self._viewer, row_name(run) == chosen) for run in view.runs]
        )
        if view == self._view:
            return
        self._view, self._chosen = view, chosen
        self._below.set_visibility(view.curve is not None)
        if view.curve is not None:
            self._draw_curve(view.curve, view.explained[1].start_ms if view.explained else None)
        if view.explained is not None:
            self._draw_hour(*view.explained)

    async def _choose(self, row: str, button: str) -> None:
        self._chosen, self._hour_ms = row, None
        await self._again()

    async def _click(self, event: events.EChartPointClickEventArguments) -> None:
        if event.series_index == MEAN_SERIES and event.name.isdigit():
            self._hour_ms = int(event.name)
            await self._again()

    async def _again(self) -> None:
        institution_id = self._view.runs[0].institution_id if self._view.runs else None
        view = await self._console.act(self._viewer, lambda: self.read(institution_id))
        if view is not None and self._places is not None:
            self.show(view, self._places)

    def _draw_curve(self, curve: ForecastCurve, at_ms: int | None) -> None:
        self._title.set_text(self._name_of(curve.run))
        self._figures.set_text(lately_words(curve, self._viewer))
        self._chart.options.clear()
        self._chart.options.update(forecast_chart(curve, self._console.services.clock.now_ms(), at_ms, self._viewer))
        self._chart.update()

    def _draw_hour(self, run: ForecastRun, point: ForecastPoint) -> None:
        viewer, now_ms = self._viewer, self._console.services.clock.now_ms()
        self._hour.clear()
        with self._hour:
            self._hours(point)
            why(forecast_sentence(run, point, viewer.language), "forecast-why")
            ui.echart(parts_chart(point, viewer)).classes("xt-chart xt-chart-parts")
            ui.label(issued_words(run, self._actual(point), viewer, now_ms)).classes("xt-note")

    def _hours(self, chosen: ForecastPoint) -> None:
        """The hours as a list, for those who would not hit a point of the chart."""
        points = self._view.curve.points if self._view.curve else ()
        hours = {point.start_ms: f"{to_local(point.start_ms):%m-%d %H:%M}" for point in points}

        async def choose(event: events.ValueChangeEventArguments[int]) -> None:
            self._hour_ms = event.value
            await self._again()

        if chosen.start_ms in hours:
            label = self._viewer.say("console.forecast.hour")
            tag(ui.select(hours, label=label, value=chosen.start_ms, on_change=choose), "hour").props("dense outlined")

    def _actual(self, point: ForecastPoint) -> float | None:
        hours = self._view.curve.comparison.hours if self._view.curve else ()
        return next((one.actual_w for one in hours if one.start_ms == point.start_ms), None)

    def _name_of(self, run: ForecastRun) -> str:
        device = self._places.device(run.key.group, run.key.device) if self._places else None
        if device is None or self._places is None:
            return run.key.device
        building = self._places.building_name(device.building_id) if device.building_id else device.name
        return self._viewer.name(building)
