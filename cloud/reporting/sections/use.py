"""What was used of each carrier, where, on which day, and what it cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from cloud.energy.account import EnergyAccount, PlaceAccount
from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.energy.consumption import Source
from cloud.reporting.account_figures import (
    change_figure,
    cost_figure,
    decimals_of,
    quantity_figure,
    total_cost,
)
from cloud.reporting.display import unit_words
from cloud.reporting.document import Block, Cell, Chart, Column, Figure, Section, Series, Table
from cloud.reporting.words import Words, same, say
from cloud.reporting.worked import Worked

NO_DAYS = "report.missing.no_daily_data"
MOST_BUILDINGS = 5
"""More do not fit beside each other on a page; the ledger holds all."""

CHARTED = (Carrier.ELECTRICITY, Carrier.WATER)
_Make = Callable[[EnergyAccount, PlaceAccount, Carrier], Figure | str]


def use_section(worked: Worked) -> Section:
    """By carrier with change, by building, by day with charts."""
    blocks: list[Block] = [carrier_table(worked), _building_table(worked, "quantity", quantity_figure)]
    daily = _daily(worked)
    blocks += [
        _day_chart(worked, carrier, daily) for carrier in (Carrier.ELECTRICITY, Carrier.WATER) if carrier in daily
    ]
    blocks.append(_day_table(worked, daily))
    return Section("use", say("report.section.use"), tuple(blocks))


def carrier_table(worked: Worked) -> Table:
    """One row per carrier of the whole institution: quantity, cost, change against the period before and a year ago."""
    account = worked.account
    rows: list[tuple[Cell, ...]] = []
    for carrier in worked.carriers:
        now = quantity_figure(account, account.whole, carrier)
        rows.append(
            (
                say(f"energy_account.carrier.{carrier}"),
                unit_words(DISPLAY_UNITS[carrier]),
                now,
                cost_figure(account, account.whole, carrier),
                change_figure(f"{carrier}/change", now, _before(worked.earlier, carrier)),
                change_figure(f"{carrier}/change_of_year", now, _before(worked.year_before, carrier)),
            )
        )
    rows.append((say("report.total"), same(""), same(""), total_cost(account), same(""), same("")))
    return Table(
        say("report.use.by_carrier"),
        (
            Column(say("report.column.carrier"), weight=1.2),
            Column(say("report.column.unit"), weight=0.7),
            Column(say("report.column.quantity"), "", 1, 1.3),
            Column(say("report.column.cost"), "yuan", 2, 1.3),
            Column(say("report.column.change"), "%", 1),
            Column(say("report.column.change_of_year"), "%", 1),
        ),
        tuple(rows),
        say("report.use.none"),
        last_is_total=True,
    )


def _building_table(worked: Worked, name: str, make: _Make) -> Table:
    columns = [
        Column(say(f"energy_account.carrier.{one}"), DISPLAY_UNITS[one], decimals_of(DISPLAY_UNITS[one]))
        for one in worked.carriers
    ]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (worked.name_of(place.place.subject), *(make(worked.account, place, one) for one in worked.carriers))
        for place in (*worked.account.buildings, worked.account.whole)
    )
    title = say(f"report.use.by_building_{name}")
    head = Column(say("report.column.place"), weight=1.6)
    return Table(title, (head, *columns), rows, say("report.use.none"), last_is_total=True)


Daily = Mapping[Carrier, Mapping[str, Mapping[str, int]]]
"""Metered base units by carrier, place and day."""


def _daily(worked: Worked) -> Daily:
    found: dict[Carrier, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for use in worked.uses:
        if use.source is Source.METER:
            found[use.carrier][use.place][use.first] += use.quantity
    return found


def _day_chart(worked: Worked, carrier: Carrier, daily: Daily) -> Chart:
    """Buildings side by side where they are metered, else the institution as a whole."""
    days = _days(worked)
    whole = worked.account.whole.place.subject
    places = [one for one in daily[carrier] if one != whole] or [whole]
    series = tuple(
        Series(worked.name_of(place), tuple(_amount(carrier, daily[carrier][place].get(day)) for day in days))
        for place in places
    )
    title = say("report.use.by_day_of", carrier=say(f"energy_account.carrier.{carrier}"))
    return Chart(title, "bars", DISPLAY_UNITS[carrier], tuple(same(_short(day)) for day in days), series)


def _day_table(worked: Worked, daily: Daily) -> Table:
    """Each metered carrier of the institution, and electricity of each building: a day without data is seen."""
    whole = worked.account.whole.place.subject
    places = [(carrier, whole) for carrier in worked.carriers if whole in daily.get(carrier, {})]
    metered = daily.get(Carrier.ELECTRICITY, {})
    places += [(Carrier.ELECTRICITY, one) for one in metered if one != whole][:MOST_BUILDINGS]
    rows: list[tuple[Cell, ...]] = [
        (same(day), *(_day_cell(carrier, place, day, daily[carrier][place].get(day)) for carrier, place in places))
        for day in (_days(worked) if places else ())
    ]
    day = Column(say("report.column.day"))
    columns = [Column(_day_title(worked, carrier, place), DISPLAY_UNITS[carrier], 1) for carrier, place in places]
    return Table(say("report.use.by_day"), (day, *columns), tuple(rows), say("report.use.no_day"))


def _day_title(worked: Worked, carrier: Carrier, place: str) -> Words:
    if place == worked.account.whole.place.subject:
        return say(f"energy_account.carrier.{carrier}")
    return worked.name_of(place)


def _day_cell(carrier: Carrier, place: str, day: str, amount: int | None) -> Figure:
    return Figure(
        figure_id=f"{place}/{carrier}/day/{day}",
        value=_amount(carrier, amount),
        unit=DISPLAY_UNITS[carrier],
        period=day,
        decimals=1,
        formula="report.formula.sum_of_inputs",
        missing=NO_DAYS if amount is None else None,
        is_detail=True,
    )


def _days(worked: Worked) -> list[str]:
    """The days of the period that have begun."""
    first, last = worked.scene.period.first_day.toordinal(), worked.scene.period.end_day.toordinal()
    until = min(last, first + -(-(worked.account.until_ms - worked.scene.period.start_ms) // 86_400_000))
    return [date.fromordinal(one).isoformat() for one in range(first, until)]


def _amount(carrier: Carrier, amount: int | None) -> Decimal | None:
    return None if amount is None else from_base(carrier, amount)


def _before(account: EnergyAccount, carrier: Carrier) -> Decimal | None:
    found = account.whole.consumption.get(carrier)
    return None if found is None else _amount(carrier, found.quantity)


def _short(day: str) -> str:
    return f"{int(day[5:7])}-{int(day[8:])}"
