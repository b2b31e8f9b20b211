"""Standard coal under each convention by itself, carbon dioxide, verdicts against quotas, published averages."""

from __future__ import annotations

from decimal import Decimal

from cloud.energy.factor_set import CALORIFIC
from cloud.energy.quota import Judgement, peers_for
from cloud.reporting.account_figures import indicator_figure, quantity_id
from cloud.reporting.display import unit_words
from cloud.reporting.document import Block, Cell, Column, Figure, FigureList, Item, Paragraph, Section, Table
from cloud.reporting.words import say
from cloud.reporting.worked import CONVENTIONS, Worked

INDICATORS = ("energy_kgce", "energy_per_m2", "energy_per_person")
WITHOUT_COAL = ("electricity_per_m2", "water_per_person")
CARRIER_MISSING = "energy_account.missing.carrier_missing"


def coal_section(worked: Worked) -> Section:
    """The conventions one after the other, never in one table."""
    blocks: list[Block] = [Paragraph(say("report.coal.never_mixed"))]
    for convention in CONVENTIONS:
        blocks += [_indicators(worked, convention), _terms(worked, convention)]
    blocks += [_other_indicators(worked), verdict_table(worked), _peers(worked)]
    return Section("coal", say("report.section.coal"), tuple(blocks))


def carbon_section(worked: Worked) -> Section:
    """Emissions with the factors of the data year; stand-ins are marked as provisional."""
    columns = (
        Column(say("report.column.carrier")),
        Column(say("report.column.amount"), "", 2),
        Column(say("report.column.unit"), weight=0.6),
        Column(say("report.column.factor"), "kgCO2", 4),
        Column(say("report.column.data_year"), weight=0.8),
        Column(say("report.column.kg"), "kgCO2", 1),
        Column(say("report.column.basis"), weight=2.2),
    )
    terms = worked.carbon.terms if worked.carbon is not None else ()
    rows: list[tuple[Cell, ...]] = [
        (
            say(f"energy_account.carrier.{one.carrier}"),
            one.amount,
            unit_words(one.factor.unit),
            one.factor.value,
            str(one.factor.data_year or "—"),
            one.kg,
            one.factor.source,
        )
        for one in terms
    ]
    table = Table(say("report.carbon.terms"), columns, tuple(rows), say("report.carbon.none"))
    items = (Item(say("report.figure.carbon"), carbon_figure(worked)),)
    return Section("carbon", say("report.section.carbon"), (FigureList(items), table))


def carbon_figure(worked: Worked) -> Figure:
    """The institution's emissions of the period."""
    carbon = worked.carbon
    subject = worked.account.whole.place.subject
    return Figure(
        figure_id="carbon",
        value=None if carbon is None else carbon.kg,
        unit="kgCO2",
        period=str(worked.scene.period),
        decimals=1,
        formula="report.formula.carbon",
        inputs=() if carbon is None else tuple(quantity_id(subject, one.carrier) for one in carbon.terms),
        factor_set=None,
        missing=worked.indicators(CALORIFIC).energy_kgce.missing or CARRIER_MISSING if carbon is None else None,
        remark=say("report.carbon.provisional") if carbon is not None and carbon.is_provisional else None,
    )


def figure_of(worked: Worked, convention: str, name: str) -> Figure:
    """One indicator of the institution."""
    found = worked.indicators(convention)
    amount = found.energy_kgce if name == "energy_kgce" else found.by_name()[name]
    return indicator_figure(worked.account, name, amount, convention, found.covered_share)


def verdict_table(worked: Worked) -> Table:
    """Every quota that holds, with standard and table; without one, that there is none."""
    rows: list[tuple[Cell, ...]] = []
    for convention in CONVENTIONS:
        for name, judgement in worked.judgements(convention):
            row = _verdict(worked, convention, name, judgement)
            if row not in rows:
                rows.append(row)
    columns = (
        Column(say("report.column.indicator"), weight=1.5),
        Column(say("report.column.value"), "", 2),
        Column(say("report.column.standard"), weight=2),
        Column(say("report.column.upper"), "", 2, 0.8),
        Column(say("report.column.normal"), "", 2, 0.8),
        Column(say("report.column.advanced"), "", 2, 0.8),
        Column(say("report.column.verdict"), weight=1.4),
    )
    return Table(say("report.coal.verdicts"), columns, tuple(rows), say("energy_account.no_quota"))


def _indicators(worked: Worked, convention: str) -> FigureList:
    return FigureList(
        tuple(Item(say(f"report.figure.{name}"), figure_of(worked, convention, name)) for name in INDICATORS)
    )


def _other_indicators(worked: Worked) -> FigureList:
    names = WITHOUT_COAL
    return FigureList(tuple(Item(say(f"report.figure.{one}"), figure_of(worked, CALORIFIC, one)) for one in names))


def _terms(worked: Worked, convention: str) -> Table:
    energy = worked.indicators(convention).energy
    rows: list[tuple[Cell, ...]] = [
        (say(f"energy_account.carrier.{one.carrier}"), one.amount, unit_words(one.unit), one.factor, one.kgce)
        for one in (energy.terms if energy is not None else ())
    ]
    columns = (
        Column(say("report.column.carrier")),
        Column(say("report.column.amount"), "", 2),
        Column(say("report.column.unit")),
        Column(say("report.column.factor"), "kgce", 4),
        Column(say("report.column.kgce"), "kgce", 1),
    )
    title = say("report.coal.terms", convention=say(f"report.factor_set.{convention}"))
    return Table(title, columns, tuple(rows), say("report.coal.none"))


def _verdict(worked: Worked, convention: str, name: str, judgement: Judgement) -> tuple[Cell, ...]:
    quota = judgement.quota
    return (
        say(f"report.figure.{name}"),
        figure_of(worked, convention, name),
        f"{quota.standard}, {quota.table}",
        quota.upper,
        _or_dash(quota.normal),
        _or_dash(quota.advanced),
        say(f"energy_account.verdict.{judgement.verdict}"),
    )


def _or_dash(value: Decimal | None) -> Decimal | str:
    return "—" if value is None else value


def _peers(worked: Worked) -> Table:
    rows = [
        (
            say(f"report.figure.{peer.indicator}"),
            say(f"report.peer.{peer.group}"),
            str(peer.year),
            peer.value,
            peer.source,
        )
        for name in (*INDICATORS[1:], *WITHOUT_COAL)
        for peer in peers_for(worked.scene.model.institution.region, name)
    ]
    columns = (
        Column(say("report.column.indicator"), weight=1.5),
        Column(say("report.column.group")),
        Column(say("report.column.year"), weight=0.6),
        Column(say("report.column.average"), "", 2, 0.8),
        Column(say("report.column.basis"), weight=2.4),
    )
    return Table(say("report.coal.peers"), columns, tuple(rows), say("report.coal.no_peers"))
