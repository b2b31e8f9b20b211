"""One order parameter opened: value and efficacy of two months, its bounds, what it was worked out from, and why."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.row_table import Cell
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.indicator_words import input_rows
from cloud.console.numbers import MISSING, date_time
from cloud.console.session import Viewer
from cloud.console.views.order_parameters import OrderParameter
from cloud.evaluation.indicator import Indicator
from cloud.evaluation.score import IndicatorValue
from foundation.texts import load_texts


def value_words(value: float | None, indicator: Indicator) -> str:
    """A share in per cent, anything else with its unit; a dash for None."""
    if value is None:
        return MISSING
    return f"{100 * value:.1f} %" if indicator.unit == "1" else f"{value:,.1f} {indicator.unit}"


def value_cell(value: float | None, indicator: Indicator) -> Cell:
    """The same with the unit below."""
    words = value_words(value, indicator)
    return Cell(words) if indicator.unit == "1" or value is None else Cell(words.partition(" ")[0], indicator.unit)


def open_order_parameter(console: Console, viewer: Viewer, shown: OrderParameter) -> None:
    """A dialog over the page; call it inside an element that stays."""
    now, say = shown.now, viewer.say
    with ui.dialog() as dialog, tag(ui.element("div").classes("xt-card xt-dialog"), "order-parameter"):
        ui.label(now.name).classes("xt-title")
        why(now.explanation)
        facts(_facts(console, viewer, shown))
        if now.value.inputs:
            ui.label(say("console.home.parameter.inputs")).classes("xt-field-title")
            facts(input_rows(now.value.inputs, viewer), "inputs")
        ui.button(say("console.home.close"), on_click=dialog.close).props("flat no-caps")
    dialog.on("hide", dialog.delete)
    dialog.open()


def efficacy_words(value: IndicatorValue | None) -> str:
    return MISSING if value is None or value.efficacy is None else f"{value.efficacy:.2f}"


def _facts(console: Console, viewer: Viewer, shown: OrderParameter) -> list[tuple[str, str]]:
    say, now, before = viewer.say, shown.now, shown.before
    indicator = now.indicator
    bounds = indicator.bounds
    source = say(bounds.source) if bounds.source in load_texts() else bounds.source
    edges = f"{value_words(bounds.low, indicator)} – {value_words(bounds.high, indicator)}"
    return [
        (say("console.home.parameter.department"), console.department_name(now.value.department, viewer)),
        (say("console.home.parameter.dimension"), say(f"evaluation.dimension.{indicator.dimension.value}")),
        (say("console.home.parameter.value"), value_words(now.value.value, indicator)),
        (say("console.home.parameter.before"), value_words(before.value if before else None, indicator)),
        (say("console.home.parameter.efficacy"), f"{efficacy_words(now.value)} ({efficacy_words(before)})"),
        (say("console.home.parameter.better"), say(f"console.home.parameter.better.{indicator.orientation.value}")),
        (say("console.home.parameter.bounds"), f"{edges} · {bounds.version} · {source}"),
        (say("console.home.parameter.measured"), date_time(now.value.measured_ms)),
    ]
