"""Power now against the forecast of this hour, for whose department energy is; a building opens to the reasons."""

from __future__ import annotations

from nicegui import ui

from cloud.console import theme
from cloud.console.chart_options import Line, line_chart
from cloud.console.components.facts import why
from cloud.console.components.row_table import Chip, Column, Row, RowTable, Shown
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, answering
from cloud.console.home_panel import Show as ShowView
from cloud.console.numbers import show as shown_number
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.console.views.power_forecast import BuildingForecast, PowerForecast, read_power_forecast
from cloud.core.access import Permission
from cloud.energy.forecast_words import forecast_sentence

View = tuple[PowerForecast, Places]


def read(console: Console, viewer: Viewer) -> View:
    places = console.places(viewer)
    return read_power_forecast(console.services, viewer.principal, places), places


def build(console: Console, viewer: Viewer) -> ShowView:
    """The day's curve above one row for each building, with the sentence of the one that was pressed."""
    say = viewer.say
    known: dict[str, BuildingForecast] = {}
    chart = tag(ui.echart(line_chart([], "W")).classes("xt-chart xt-chart-low"), "forecast-chart")

    async def on_press(name: str, button: str) -> None:
        sentence.clear()
        with sentence:
            why(_reason(known[name], viewer))

    titles = ("building", "now", "expected", "interval", "standing")
    columns = [Column(say(f"console.home.power.{one}"), right=one in ("now", "expected")) for one in titles]
    table = RowTable(columns, say("console.home.power.none"), "power-forecast", on_press)
    sentence = tag(ui.element("div"), "forecast-reason")

    def show(view: View) -> None:
        found, places = view
        known.update((one.device.id, one) for one in found.buildings)
        table.show([_row(one, places, viewer) for one in found.buildings])
        lines = [
            Line(say("console.home.power.actual"), found.actual, theme.series_colour(0)),
            Line(say("console.home.power.forecast"), found.expected, theme.INK, is_dashed=True),
        ]
        chart.options.update(line_chart(lines, "W"))

    return show


def _row(one: BuildingForecast, places: Places, viewer: Viewer) -> Row:
    point = one.point
    interval = f"{shown_number(point.low, 'W').text} – {shown_number(point.high, 'W')}" if point else ""
    name = viewer.name(places.building_name(one.device.building_id or one.device.id))
    cells = (name, str(shown_number(one.now_w, "W")), str(shown_number(point.mean if point else None, "W")), interval)
    return Row(one.device.id, (*cells, _standing(one, viewer)))


def _standing(one: BuildingForecast, viewer: Viewer) -> Shown:
    if one.is_inside is None or one.point is None or one.now_w is None:
        return Chip(viewer.say("console.home.power.unknown"), "yellow")
    if one.is_inside:
        return Chip(viewer.say("console.home.power.inside"), "good")
    side = "above" if one.now_w > one.point.high else "below"
    return Chip(viewer.say(f"console.home.power.{side}"), "orange" if side == "above" else "blue")


def _reason(one: BuildingForecast, viewer: Viewer) -> str:
    if one.run is None or one.point is None:
        return viewer.say("console.home.power.no_forecast")
    return forecast_sentence(one.run, one.point, viewer.language)


PANEL = HomePanel(
    title="console.home.power.title",
    permission=Permission.READ_ENERGY,
    weight=14,
    read=read,
    build=build,
    applies=answering("energy.threshold_breach"),
    more="/energy",
    age_s=15.0,
)
