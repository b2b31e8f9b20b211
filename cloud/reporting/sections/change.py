"""Why the use has changed against the period before: the effects of days, persons, area, intensity and weather."""

from __future__ import annotations

from decimal import Decimal

from cloud.energy.factor_set import CALORIFIC
from cloud.reporting.document import Cell, Chart, Column, Figure, FigureList, Item, Paragraph, Section, Series, Table
from cloud.reporting.sections.institution import period_words
from cloud.reporting.words import Words, say
from cloud.reporting.worked import Worked
from foundation.texts import LANGUAGES


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
        remark=unlike(worked) if change.decomposition is not None else None,
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


def unlike(worked: Worked) -> Words | None:
    """Warns of carriers that only one of the two periods has data of."""
    names = [say(f"energy_account.carrier.{one}") for one in worked.unlike_carriers]
    joined = {language: ", ".join(name[language] for name in names) for language in LANGUAGES}
    return say("report.change.unlike", carriers=joined) if names else None


def _decimal(value: float) -> Decimal:
    """The shortest decimal that is this binary number."""
    return Decimal(repr(value))
