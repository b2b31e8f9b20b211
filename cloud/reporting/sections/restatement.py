"""Which figures are not what the last issue of this report said, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cloud.core.calendar import to_local
from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.energy.consumption import Consumption
from cloud.energy.restatement import Restated, Restatement
from cloud.records.kind import load_kinds
from cloud.reporting.account_figures import decimals_of
from cloud.reporting.display import unit_words
from cloud.reporting.document import Block, Cell, Column, Figure, Paragraph, Section, Table
from cloud.reporting.words import Words, same, say
from cloud.reporting.worked import Worked
from foundation.texts import LANGUAGES

NOT_KNOWN = "report.missing.not_known_then"


def restatement_section(worked: Worked) -> Section:
    """One row for each figure that has changed, and what was entered since; one sentence when nothing has."""
    return Section("restatement", say("report.section.restatement"), tuple(_blocks(worked)))


def _blocks(worked: Worked) -> Iterator[Block]:
    restated = worked.scene.restated
    if restated is None:
        yield Paragraph(say("report.restatement.first"))
        return
    since = same(_time(restated.since_ms))
    yield Paragraph(say("report.restatement.since", time=since, n=len(restated.figures)))
    if restated.figures:
        yield _quantities(worked, restated)
        yield _costs(worked, restated)
    if restated.prices or restated.imports:
        yield _entries(restated)


def _quantities(worked: Worked, restated: Restatement) -> Table:
    rows = tuple(
        (
            worked.name_of(one.subject),
            say(f"energy_account.carrier.{one.carrier}"),
            unit_words(DISPLAY_UNITS[one.carrier]),
            _quantity(worked, one, "quantity_before", one.earlier),
            _quantity(worked, one, "quantity_now", one.later),
            _causes(one),
        )
        for one in restated.figures
        if one.quantity_change
    )
    return Table(
        say("report.restatement.quantities"),
        (*_head(), Column(say("report.column.unit"), weight=0.6), *_before_and_now("", 1), _why()),
        rows,
        say("report.restatement.no_quantity"),
    )


def _costs(worked: Worked, restated: Restatement) -> Table:
    rows = tuple(
        (
            worked.name_of(one.subject),
            say(f"energy_account.carrier.{one.carrier}"),
            _cost(worked, one, "cost_before", _fen(one.earlier)),
            _cost(worked, one, "cost_now", _fen(one.later)),
            _cost(worked, one, "cost_by_price", one.price_fen),
            _cost(worked, one, "cost_by_quantity", one.quantity_fen),
        )
        for one in restated.figures
        if _fen(one.earlier) != _fen(one.later)
    )
    by_price, by_quantity = (Column(say(f"report.column.by_{name}"), "yuan", 2) for name in ("price", "quantity"))
    columns = (*_head(), *_before_and_now("yuan", 2), by_price, by_quantity)
    return Table(say("report.restatement.costs"), columns, rows, say("report.restatement.no_cost"))


def _entries(restated: Restatement) -> Table:
    prices = [
        (one.known_from_ms, say("report.restatement.tariff"), one.entered_by, one.reason) for one in restated.prices
    ]
    imports = [(one.imported_ms, load_kinds()[one.kind].name, one.imported_by, one.file) for one in restated.imports]
    rows = tuple(
        (same(_time(at_ms)), what, same(by), same(reason))
        for at_ms, what, by, reason in sorted([*prices, *imports], key=lambda entry: entry[0])
    )
    columns = (
        Column(say("report.column.entered_at")),
        Column(say("report.column.what")),
        Column(say("report.column.entered_by")),
        Column(say("report.column.reason"), weight=2),
    )
    return Table(say("report.restatement.entries"), columns, rows, say("report.restatement.no_entry"))


def _head() -> tuple[Column, Column]:
    return Column(say("report.column.place"), weight=1.4), Column(say("report.column.carrier"))


def _before_and_now(unit: str, decimals: int) -> tuple[Column, Column]:
    return Column(say("report.column.before"), unit, decimals), Column(say("report.column.now"), unit, decimals)


def _why() -> Column:
    return Column(say("report.column.why"), weight=2)


def _causes(one: Restated) -> Words:
    """`late reading +12.5; estimate replaced -3.0`, in the display unit."""
    parts = [(say(f"report.restatement.cause.{cause}"), amount) for cause, amount in one.quantity_parts.items()]
    return {
        language: "; ".join(f"{name[language]} {_signed(one.carrier, amount)}" for name, amount in parts)
        for language in LANGUAGES
    }


def _signed(carrier: Carrier, amount: int) -> str:
    return f"{from_base(carrier, amount):+,.{decimals_of(DISPLAY_UNITS[carrier])}f}"


def _quantity(worked: Worked, one: Restated, name: str, of: Consumption | None) -> Cell:
    amount = None if of is None or of.quantity is None else from_base(one.carrier, of.quantity)
    unit = DISPLAY_UNITS[one.carrier]
    return _figure(worked, one, name, amount, unit, decimals_of(unit))


def _cost(worked: Worked, one: Restated, name: str, fen: int | None) -> Cell:
    return _figure(worked, one, name, None if fen is None else Decimal(fen) / 100, "yuan", 2)


def _figure(worked: Worked, one: Restated, name: str, value: Decimal | None, unit: str, decimals: int) -> Figure:
    return Figure(
        figure_id=f"{one.subject}/{one.carrier}/restated/{name}",
        value=value,
        unit=unit,
        period=str(worked.scene.period),
        decimals=decimals,
        missing=NOT_KNOWN if value is None else None,
        is_detail=True,
    )


def _fen(of: Consumption | None) -> int | None:
    return None if of is None else of.cost_fen


def _time(at_ms: int) -> str:
    return to_local(at_ms).strftime("%Y-%m-%d %H:%M")
