"""What the energy side says of a period, worked out once for all sections and ledgers of a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from cloud.core.calendar import to_local
from cloud.core.institution import Names
from cloud.core.period import Period
from cloud.core.series import SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.account import EnergyAccount, PlaceAccount, energy_account
from cloud.energy.carbon import Carbon, emissions
from cloud.energy.carrier import Carrier
from cloud.energy.change import Change, explain_change
from cloud.energy.consumption import Input, Source
from cloud.energy.daily import DayBooks, outdoor_station, weather_between
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT, factor_set
from cloud.energy.intensity import Intensities, intensities
from cloud.energy.quota import Applicant, Judgement, judge, quotas_for
from cloud.reporting.report import Scene

CONVENTIONS = (CALORIFIC, EQUIVALENT)


@dataclass(frozen=True, slots=True)
class Use:
    """A part of one carrier's quantity at one place: one meter on one local day, or one row of a book.

    `first` and `until` are local days, the latter exclusive; amounts in base units.
    """

    place: str
    carrier: Carrier
    source: Source
    reference: str
    first: str
    until: str
    quantity: int
    estimated: int
    cost_fen: int | None


class Worked:
    """Everything is worked out when first asked for, from the scene alone."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    @cached_property
    def account(self) -> EnergyAccount:
        return self._account(self.scene.period)

    @cached_property
    def earlier(self) -> EnergyAccount:
        """The period before."""
        return self._account(self.scene.period.previous)

    @cached_property
    def year_before(self) -> EnergyAccount:
        return self._account(self.scene.period.year_before)

    @property
    def places(self) -> tuple[PlaceAccount, ...]:
        """The whole institution first."""
        return (self.account.whole, *self.account.buildings)

    @cached_property
    def carriers(self) -> list[Carrier]:
        """What the institution uses, in the order of the statistics."""
        used = {carrier for place in self.places for carrier in place.consumption}
        return [carrier for carrier in Carrier if carrier in used]

    def indicators(self, factor_set_id: str, account: EnergyAccount | None = None) -> Intensities:
        """Of the whole institution under one convention."""
        of_account = account or self.account
        return intensities(of_account, of_account.whole, factor_set(factor_set_id), self.scene.accounts.densities)

    def judgements(self, factor_set_id: str) -> list[tuple[str, Judgement]]:
        """Indicators with the quotas that hold for this institution."""
        applicant = Applicant.of(self.scene.model.institution)
        return [
            (name, judge(amount.value, name, amount.factor_set_id, quota, applicant))
            for name, amount in self.indicators(factor_set_id).by_name().items()
            if amount.value is not None
            for quota in quotas_for(applicant, name, amount.factor_set_id, self.scene.quotas)
        ]

    @cached_property
    def carbon(self) -> Carbon | None:
        """None when the use of a carrier is not known."""
        if self.indicators(CALORIFIC).energy is None:
            return None
        return emissions(self.account.whole.quantities, self.scene.period.year, self.scene.accounts.densities)

    @cached_property
    def change(self) -> Change:
        """Against the period before, corrected for the weather where it explains the use."""
        factors, densities = factor_set(CALORIFIC), self.scene.accounts.densities
        plain = explain_change(self.earlier, self.account, factors, densities)
        station = outdoor_station(self.scene.registry.devices({self.scene.institution_id}))
        if plain.decomposition is None or station is None or self.scene.period.month is None:
            return plain
        books = DayBooks(self.scene.intervals, self.scene.store, station, WorkCalendar())
        weather = weather_between(self.scene.model, self.earlier, self.account, books)
        return explain_change(self.earlier, self.account, factors, densities, weather) if weather else plain

    @cached_property
    def uses(self) -> list[Use]:
        """Every part of every quantity, in the order of places, carriers and time; parts add up to the quantities."""
        return [
            use
            for place in self.places
            for carrier in self.carriers
            if carrier in place.consumption
            for one in place.consumption[carrier].inputs
            for use in self._uses(place.place.subject, carrier, one)
        ]

    @cached_property
    def unlike_carriers(self) -> list[Carrier]:
        """Carriers with data in one of the two periods alone: a difference of the sums is partly theirs."""
        now, before = self.account.whole.quantities, self.earlier.whole.quantities
        return [carrier for carrier in Carrier if (carrier in now) != (carrier in before)] if before else []

    def name_of(self, subject: str) -> Names:
        """Name of the institution or of one of its buildings."""
        for building in self.scene.model.buildings:
            if subject == f"building:{building.building_id}":
                return building.name
        return self.scene.model.institution.name

    def _account(self, period: Period) -> EnergyAccount:
        return energy_account(self.scene.model, period, self.scene.accounts, self.scene.made_ms)

    def _uses(self, place: str, carrier: Carrier, one: Input) -> list[Use]:
        if one.source is not Source.METER:
            days = (_day(one.start_ms), _day(one.end_ms))
            return [Use(place, carrier, one.source, one.reference, *days, one.quantity, one.estimated, one.cost_fen)]
        quantity: dict[str, int] = {}
        estimated: dict[str, int] = {}
        key, known_at_ms = SeriesKey(*one.reference.split("/", 2)), self.scene.accounts.known_at_ms
        for interval in self.scene.intervals.between(key, one.start_ms, one.end_ms, known_at_ms):
            day = _day(interval.start_ms)
            quantity[day] = quantity.get(day, 0) + interval.delta
            estimated[day] = estimated.get(day, 0) + (interval.delta if interval.is_estimated else 0)
        return [
            Use(place, carrier, one.source, one.reference, day, _next(day), amount, estimated[day], None)
            for day, amount in sorted(quantity.items())
        ]


def _day(ms: int) -> str:
    return to_local(ms).date().isoformat()


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
