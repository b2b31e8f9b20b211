"""Why the use has changed against the period before: the effects of days, persons, area, intensity and weather."""

from __future__ import annotations

from decimal import Decimal

from cloud.energy.factor_set import CALORIFIC
from cloud.reporting.document import Cell, Chart, Column, Figure, FigureList, Item, Paragraph, Section, Series, Table
from cloud.reporting.sections.institution import period_words
from cloud.reporting.words import say
from cloud.reporting.worked import Worked


def change_section(worked: Worked) -> Section:
    """LMDI-I: the effects add up to the change without a rest."""
    change = worked.change
    period = period_words(change.earlier)
    difference = Figure(
        figure_id="change",
        value=None if change.decomposition is None else _decimal(change.decomposition.change),
        unit="kgce",
        period=str(worked.scene.period),
        decimals=1,
        formula="report.formula.lmdi",
        inputs=(f"energy_kgce/{CALORIFIC}", f"{change.earlier}"),
        factor_set=change.factor_set_id,
        missing=change.missing,
    )
    items = (Item(say("report.change.difference", period=period), difference),)
    if change.decomposition is None:
        return Section("change", say("report.section.change"), (FigureList(items),))
    weather = "report.change.weather" if change.weather else "energy_account.missing.weather"
    effects = [
        (say(f"energy_account.factor.{name}"), _decimal(value)) for name, value in change.decomposition.effects.items()
    ]
    rows: tuple[tuple[Cell, ...], ...] = (*effects, (say("report.total"), _decimal(change.decomposition.change)))
    columns = (Column(say("report.column.factor_of_change")), Column(say("report.column.effect"), "kgce", 1))
    table = Table(say("report.change.effects"), columns, rows, say("report.change.none"), last_is_total=True)
    names, values = zip(*effects, strict=True)
    chart = Chart(say("report.change.chart"), "bars", "kgce", names, (Series(say("report.column.effect"), values),))
    return Section("change", say("report.section.change"), (FigureList(items), table, chart, Paragraph(say(weather))))


def _decimal(value: float) -> Decimal:
    """The shortest decimal that is this binary number."""
    return Decimal(repr(value))
