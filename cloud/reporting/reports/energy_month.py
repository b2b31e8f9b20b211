"""The monthly energy report of an institution: for its leaders in the summary, for auditors to the last row."""

from __future__ import annotations

from dataclasses import replace

from cloud.energy.carrier import Carrier
from cloud.energy.factor_set import CALORIFIC
from cloud.reporting.account_figures import change_figure, quantity_figure, total_cost
from cloud.reporting.document import Figure, FigureList, Item, Paragraph, Section
from cloud.reporting.energy_ledgers import (
    PRODUCTS,
    carbon_ledger,
    carbon_totals,
    coal_ledger,
    coal_totals,
    use_ledger,
    use_totals,
)
from cloud.reporting.export.trace import trace_table
from cloud.reporting.head import head, quality, versions
from cloud.reporting.report import Content, Report, Scene
from cloud.reporting.sections.annex import factor_section
from cloud.reporting.sections.change import change_section, unlike
from cloud.reporting.sections.coal import carbon_figure, carbon_section, coal_section, figure_of
from cloud.reporting.sections.evaluation import evaluation_section
from cloud.reporting.sections.institution import institution_section, metering_section
from cloud.reporting.sections.operation import operation_section
from cloud.reporting.sections.outlook import outlook_section
from cloud.reporting.sections.restatement import restatement_section
from cloud.reporting.sections.risk import risk_section
from cloud.reporting.sections.service import service_section
from cloud.reporting.sections.use import use_section
from cloud.reporting.words import say
from cloud.reporting.worked import CONVENTIONS, Worked

REPORT_ID = "energy_month"


def build(scene: Scene) -> Content:
    """All sections in the order of an audit report, and the ledgers behind its energy figures."""
    worked = Worked(scene)
    sections = (
        _summary(worked),
        institution_section(worked),
        metering_section(worked),
        use_section(worked),
        coal_section(worked),
        carbon_section(worked),
        change_section(worked),
        restatement_section(worked),
        outlook_section(worked),
        operation_section(worked),
        risk_section(worked),
        service_section(worked),
        evaluation_section(worked),
        factor_section(worked),
    )
    document = head(worked, REPORT_ID, sections)
    traced = replace(document, sections=(*document.sections, trace_table(document)))
    return Content(
        document=traced,
        ledgers=(use_ledger(worked.uses), coal_ledger(worked, CONVENTIONS), carbon_ledger(worked)),
        totals=(*use_totals(worked), *coal_totals(worked, CONVENTIONS), *carbon_totals(worked)),
        products=PRODUCTS,
        versions=versions(worked),
        quality=quality(worked),
    )


def _summary(worked: Worked) -> Section:
    """What a leader reads: use, cost, standard coal, carbon, and the step against the month before."""
    account = worked.account
    energy = figure_of(worked, CALORIFIC, "energy_kgce")
    quantities = [(one, quantity_figure(account, account.whole, one)) for one in worked.carriers]
    items = [
        *(
            Item(say(f"energy_account.carrier.{carrier}"), figure)
            for carrier, figure in quantities
            if isinstance(figure, Figure) and carrier in _SHOWN
        ),
        Item(say("report.figure.cost"), total_cost(account)),
        Item(say("report.figure.energy_kgce"), energy),
        Item(say("report.figure.carbon"), carbon_figure(worked)),
        Item(say("report.figure.energy_per_m2"), figure_of(worked, CALORIFIC, "energy_per_m2")),
        Item(say("report.figure.energy_per_person"), figure_of(worked, CALORIFIC, "energy_per_person")),
        Item(say("report.figure.energy_change"), _change(worked, energy)),
    ]
    text = say("report.energy_month.summary" if account.is_complete else "report.energy_month.running")
    return Section("summary", say("report.section.summary"), (FigureList(tuple(items), True), Paragraph(text)))


_SHOWN = (Carrier.ELECTRICITY, Carrier.WATER, Carrier.GAS, Carrier.HEAT)


def _change(worked: Worked, energy: Figure) -> Figure:
    before = worked.indicators(CALORIFIC, worked.earlier).energy
    return change_figure("energy_change", energy, None if before is None else before.value, unlike(worked))


REPORT = Report(REPORT_ID, build, frozenset({"month"}), is_scheduled=True)
