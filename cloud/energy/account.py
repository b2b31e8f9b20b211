"""The energy account: what an institution and each of its buildings used in a period, by carrier and source.

Booked intervals of main meters come first, then bills, then hand readings (see `best`); each figure keeps its inputs.
A year is the sum of its months to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cloud.core.calendar import local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import InstitutionModel
from cloud.core.period import DAY_MS, Period
from cloud.core.ports import IntervalBook
from cloud.core.series import SeriesKey
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import FULL_SHARE, Candidate, Consumption, Input, Source, best
from cloud.energy.deliveries import Deliveries, delivered, deliveries
from cloud.energy.factor_set import Density
from cloud.energy.metered import Counted, count, metered
from cloud.energy.place import MainMeter, Place, building_places, main_meters, meters_of, whole_place
from cloud.energy.pricing import price
from cloud.energy.tariff import Tariff
from cloud.energy.year import add_months
from cloud.records.ports import RecordBook

ALWAYS = (Carrier.ELECTRICITY, Carrier.WATER)
"""Every institution uses these: without data they are missing, other carriers are not used."""

REACH_MS = 70 * DAY_MS
"""Bills and readings that begin or end so far outside a period still tell of it."""

NO_SOURCE = "energy_account.missing.no_source"
NOT_BEGUN = "energy_account.missing.not_begun"


@dataclass(frozen=True, slots=True)
class AccountBooks:
    """Where quantities and prices are looked up: as they are known now, or as they were known at a time.

    `tariffs` are those of that time. Liquid fuels on bills by mass need their density.
    """

    intervals: IntervalBook
    records: RecordBook
    densities: Mapping[Carrier, Density] = field(default_factory=dict)
    tariffs: Sequence[Tariff] = ()
    known_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceAccount:
    """What one place used, by carrier; carriers that it does not use are absent."""

    place: Place
    consumption: Mapping[Carrier, Consumption]

    @property
    def quantities(self) -> dict[Carrier, int]:
        """Known quantities in base units."""
        return {one.carrier: one.quantity for one in self.consumption.values() if one.quantity is not None}


@dataclass(frozen=True, slots=True)
class EnergyAccount:
    """`until_ms` is the end of the period, or now while it lasts."""

    institution_id: str
    period: Period
    until_ms: int
    whole: PlaceAccount
    buildings: tuple[PlaceAccount, ...]

    @property
    def is_complete(self) -> bool:
        return self.until_ms == self.period.end_ms


def energy_account(model: InstitutionModel, period: Period, books: AccountBooks, now_ms: int) -> EnergyAccount:
    """The account of a month, or of a year as the sum of its months."""
    if period.month is not None:
        return _month(model, period, books, now_ms)
    months = [_month(model, month, books, now_ms) for month in period.months() if month.start_ms < now_ms]
    until_ms = min(period.end_ms, max(now_ms, period.start_ms))
    places = _places(model, period, until_ms)
    accounts = []
    for place in places:
        of_place = [(month.period, found) for month in months if (found := _at(month, place)) is not None]
        accounts.append(PlaceAccount(place, add_months(of_place, period, until_ms)))
    return EnergyAccount(model.institution.institution_id, period, until_ms, accounts[0], tuple(accounts[1:]))


def monthly_accounts(
    model: InstitutionModel, months: Sequence[Period], books: AccountBooks, now_ms: int
) -> list[EnergyAccount]:
    """One account per month, in the order given."""
    return [energy_account(model, month, books, now_ms) for month in months]


def _at(month: EnergyAccount, place: Place) -> Mapping[Carrier, Consumption] | None:
    for account in (month.whole, *month.buildings):
        if account.place.subject == place.subject:
            return account.consumption
    return None


@dataclass(frozen=True, slots=True)
class _Month:
    """Everything looked up once for all places of a month."""

    start_ms: int
    until_ms: int
    meters: list[MainMeter]
    counted: Counted
    delivered: Deliveries
    buildings: tuple[str, ...]
    books: AccountBooks

    def quarters(self, counter: Input, start_ms: int, end_ms: int) -> list[EnergyInterval]:
        """Booked intervals of a counter within start..end and its own span."""
        key = SeriesKey(*counter.reference.split("/", 2))
        begins, ends = max(start_ms, counter.start_ms), min(end_ms, counter.end_ms)
        return self.books.intervals.between(key, begins, ends, self.books.known_at_ms)


def _month(model: InstitutionModel, period: Period, books: AccountBooks, now_ms: int) -> EnergyAccount:
    institution_id = model.institution.institution_id
    until_ms = min(period.end_ms, max(now_ms, period.start_ms))
    places = _places(model, period, until_ms)
    meters = main_meters(model, period.start_ms, until_ms)
    first_ms, last_ms = period.start_ms - REACH_MS, period.end_ms + REACH_MS
    bills, readings = (
        books.records.records({institution_id}, kind, start_ms=first_ms, end_ms=last_ms, known_at_ms=books.known_at_ms)
        for kind in ("energy_bill", "hand_reading")
    )
    month = _Month(
        start_ms=period.start_ms,
        until_ms=until_ms,
        meters=meters,
        counted=count(meters, books.intervals, books.known_at_ms),
        delivered=deliveries(bills, readings, books.densities),
        buildings=tuple(one.building_id for one in places if one.building_id is not None),
        books=books,
    )
    accounts = [PlaceAccount(place, _consumption(month, place)) for place in places]
    return EnergyAccount(institution_id, period, until_ms, accounts[0], tuple(accounts[1:]))


def _places(model: InstitutionModel, period: Period, until_ms: int) -> list[Place]:
    """The whole institution first. As they are on the last day of the period that has begun."""
    last = max(period.first_day, min(period.end_day - timedelta(days=1), local_day(until_ms - 1)))
    return [whole_place(model, last), *building_places(model, last)]


def _consumption(month: _Month, place: Place) -> dict[Carrier, Consumption]:
    found = {carrier: _of_carrier(month, place, carrier) for carrier in Carrier}
    return {carrier: one for carrier, one in found.items() if carrier in ALWAYS or one.quantity is not None}


def _of_carrier(month: _Month, place: Place, carrier: Carrier) -> Consumption:
    if month.until_ms <= month.start_ms:
        return Consumption(carrier, None, missing=NOT_BEGUN)
    meters = meters_of(month.meters, carrier, place.building_id)
    expected = _expected(month, place, carrier, meters)
    span = (month.start_ms, month.until_ms)
    bills = delivered(Source.BILL, month.delivered.of(Source.BILL, carrier, place.building_id), *span)
    hand = delivered(Source.HAND, month.delivered.of(Source.HAND, carrier, place.building_id), *span)
    candidates = [metered(meters, month.counted, *span, expected), bills, hand]
    chosen = best([one for one in candidates if one is not None])
    refused = month.delivered.refused.get(carrier, ())
    if chosen is None:
        return Consumption(carrier, None, missing=NO_SOURCE, refused=refused)
    cost_fen, cost_source = _cost(month, carrier, chosen, bills)
    counted_at = {one.building_id for one in meters if one in month.counted}
    is_metered = chosen.source is Source.METER
    return Consumption(
        carrier=carrier,
        quantity=chosen.quantity,
        source=chosen.source,
        covered_share=chosen.covered_share,
        estimated_share=chosen.estimated / chosen.quantity if chosen.quantity else 0.0,
        cost_fen=cost_fen,
        cost_source=cost_source,
        inputs=chosen.inputs,
        unmetered=tuple(sorted(str(one) for one in expected - counted_at)) if is_metered else (),
        refused=refused,
    )


def _expected(month: _Month, place: Place, carrier: Carrier, meters: Sequence[MainMeter]) -> set[str | None]:
    """Places that must be counted: every building uses electricity, and whatever has a meter of its own."""
    has_site_main = any(one.building_id is None for one in meters)
    if carrier is not Carrier.ELECTRICITY or has_site_main or not meters:
        return {one.building_id for one in meters}
    return {place.building_id} if place.building_id is not None else set(month.buildings)


def _cost(month: _Month, carrier: Carrier, chosen: Candidate, bills: Candidate | None) -> tuple[int | None, str | None]:
    """What the bills of the whole span say, else what the source itself says, else by tariff."""
    if bills is not None and bills.covered_share >= FULL_SHARE and bills.cost_fen is not None:
        return bills.cost_fen, "bill"
    if chosen.cost_fen is not None:
        return chosen.cost_fen, str(chosen.source)
    by_tariff = price(chosen, month.books.tariffs, carrier, month.start_ms, month.until_ms, month.quarters)
    return (None, None) if by_tariff is None else (by_tariff.fen, f"tariff:{','.join(by_tariff.tariff_ids)}")
