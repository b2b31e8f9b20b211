"""How orderly one's department is: its indicators between their bounds, last month against the one before."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.evaluation.order_parameter_card import efficacy_words, open_order_parameter, value_cell
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable, Shown
from cloud.console.components.span_bar import span_bar
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show, has_department
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of
from cloud.console.views.order_parameters import OrderParameter, OrderParameters, read_order_parameters
from cloud.core.access import Permission

NUMBERS = ("before", "value")
NOTEWORTHY = 0.005
"""A smaller change of the efficacy is none on the screen."""


def read(console: Console, viewer: Viewer) -> OrderParameters:
    mine = departments_of(console.departments, viewer.principal)
    return read_order_parameters(console.services, viewer.principal, mine, viewer.language)


def build(console: Console, viewer: Viewer) -> Show:
    """The table; a row opens to its inputs and its sentence."""
    say = viewer.say
    anchor = ui.element("div").classes("xt-anchor")
    shown: dict[str, OrderParameter] = {}

    async def on_press(name: str, button: str) -> None:
        with anchor:
            open_order_parameter(console, viewer, shown[name])

    period = ui.label("").classes("xt-note")
    titles = ("name", "before", "value", "efficacy", "change")
    columns = [
        Column(say(f"console.home.parameter.{one}"), right=one in NUMBERS, nowrap=one in NUMBERS) for one in titles
    ]
    table = RowTable(columns, say("console.home.parameter.none"), "order-parameters", on_press)

    def show(found: OrderParameters) -> None:
        shown.update((one.name, one) for one in found.parameters)
        period.set_text(say("console.home.parameter.note", period=found.period, before=found.period.previous))
        table.show([_row(one, viewer) for one in found.parameters])

    return show


def _row(one: OrderParameter, viewer: Viewer) -> Row:
    now, before = one.now, one.before
    below = viewer.say(f"evaluation.dimension.{now.indicator.dimension.value}")
    earlier = value_cell(before.value if before else None, now.indicator)
    return Row(one.name, (Cell(now.name, below), earlier, *_now(one, viewer), _change(one, viewer)))


def _now(one: OrderParameter, viewer: Viewer) -> tuple[Shown, Shown]:
    value = one.now.value
    if value.efficacy is None:
        words = "console.home.to_complete" if one.is_missing else "console.home.parameter.nothing"
        return Chip(viewer.say(words), "yellow" if one.is_missing else ""), Cell("", one.now.explanation)
    bar = span_bar(efficacy_words(value), value.efficacy)
    return value_cell(value.value, one.now.indicator), bar


def _change(one: OrderParameter, viewer: Viewer) -> Shown:
    now, before = one.now.value.efficacy, one.before.efficacy if one.before else None
    if now is None or before is None:
        return ""
    change = now - before
    if abs(change) < NOTEWORTHY:
        return Chip(viewer.say("console.home.parameter.same"))
    return Chip(f"{change:+.2f}", "good" if change > 0 else "red")


PANEL = HomePanel(
    title="console.home.parameter.title",
    permission=Permission.READ_EVALUATION,
    weight=20,
    read=read,
    build=build,
    applies=has_department,
    more="/evaluation",
    age_s=60.0,
)
