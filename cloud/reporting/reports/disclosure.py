"""The public notice of an institution's energy use (能耗公示): whole institution only, no room, meter or person."""

from __future__ import annotations

from dataclasses import replace

from cloud.energy.carrier import Carrier
from cloud.energy.factor_set import CALORIFIC
from cloud.reporting.account_figures import change_figure, quantity_figure
from cloud.reporting.display import unit_words
from cloud.reporting.document import Cell, Column, Document, Figure, FigureList, Item, Paragraph, Section, Table
from cloud.reporting.energy_ledgers import coal_ledger, coal_totals, month_ledger, month_totals
from cloud.reporting.head import head, quality, versions
from cloud.reporting.recompute import Product
from cloud.reporting.report import Content, Report, Scene
from cloud.reporting.sections.coal import figure_of, verdict_table
from cloud.reporting.sections.institution import area_figure, persons_figure
from cloud.reporting.words import Words, say
from cloud.reporting.worked import Worked

REPORT_ID = "disclosure"
_DISCLOSED = (Carrier.ELECTRICITY, Carrier.GAS, Carrier.HEAT, Carrier.WATER)
_INTENSITIES = ("energy_per_m2", "energy_per_person", "water_per_person")


def build(scene: Scene) -> Content:
    """The notice, with months as its ledger: the least that lets anybody add it up."""
    worked = Worked(scene)
    document = disclosure_document(worked)
    return Content(
        document=document,
        ledgers=(month_ledger(worked, _DISCLOSED), coal_ledger(worked, (CALORIFIC,))),
        totals=(*month_totals(worked, _DISCLOSED), *coal_totals(worked, (CALORIFIC,))),
        products=(Product(ledger="standard_coal.csv", column="kgce", factors=("amount", "kgce_per_unit")),),
        versions={name: found for name, found in versions(worked).items() if name in ("factor_set", "benchmark")},
        quality=quality(worked),
    )


def disclosure_document(worked: Worked) -> Document:
    """Area and persons, what was used and how that has changed, the three intensities, the verdict."""
    whole, period = worked.account.whole.place, str(worked.scene.period)
    basics = FigureList(
        (
            Item(say("report.figure.area"), area_figure(whole.area_m2, period)),
            Item(say("report.figure.persons"), persons_figure(whole.persons, period)),
            Item(say("report.figure.energy_kgce"), figure_of(worked, CALORIFIC, "energy_kgce")),
            *(Item(say(f"report.figure.{one}"), figure_of(worked, CALORIFIC, one)) for one in _INTENSITIES),
        ),
        is_headline=True,
    )
    blocks = (basics, _use(worked), verdict_table(worked), Paragraph(say("report.disclosure.basis")))
    return head(worked, REPORT_ID, (Section("disclosure", say("report.section.disclosure"), blocks),))


def _use(worked: Worked) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for carrier in _DISCLOSED:
        now = _without_inputs(quantity_figure(worked.account, worked.account.whole, carrier))
        before = worked.year_before.whole.quantities.get(carrier)
        known = None if before is None else quantity_figure(worked.year_before, worked.year_before.whole, carrier)
        value = known.value if isinstance(known, Figure) else None
        rows.append((_name(carrier), now, _unit(now), change_figure(f"{carrier}/change_of_year", now, value)))
    columns = (
        Column(say("report.column.carrier")),
        Column(say("report.column.quantity"), "", 1),
        Column(say("report.column.unit")),
        Column(say("report.column.change_of_year"), "%", 1),
    )
    return Table(say("report.disclosure.use"), columns, tuple(rows), say("report.use.none"))


def _without_inputs(figure: Figure | str) -> Figure | str:
    """Names of meters and rows of bills are nobody's business outside."""
    return replace(figure, inputs=(), remark=None) if isinstance(figure, Figure) else figure


def _name(carrier: Carrier) -> Words:
    return say(f"energy_account.carrier.{carrier}")


def _unit(figure: Figure | str) -> Cell:
    return say("report.disclosure.not_used") if isinstance(figure, str) else unit_words(figure.unit)


REPORT = Report(
    REPORT_ID, build, frozenset({"month", "year"}), formats=("json", "xlsx", "pdf", "html"), is_scheduled=True
)
