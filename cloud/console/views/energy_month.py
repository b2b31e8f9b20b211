"""The energy account of one institution and period as the page shows it, with the year that led there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cloud.core.access import Principal
from cloud.core.institution import InstitutionModel, Names
from cloud.core.period import Period
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import AccountView, Convention, model_in_scope, read_account, read_months
from cloud.energy.account import EnergyAccount, PlaceAccount
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Consumption
from cloud.energy.factor_set import factor_set, load_densities
from cloud.energy.intensity import Intensities, intensities
from cloud.energy.lmdi import Decomposition
from cloud.energy.quota import Judgement, Verdict

MONTHS_SHOWN = 13
YEARS_SHOWN = 2
NO_COST = "console.account.no_cost"


@dataclass(frozen=True, slots=True)
class EnergyMonth:
    """`months` are those up to the period's last one that has begun, oldest first."""

    model: InstitutionModel
    view: AccountView
    months: tuple[EnergyAccount, ...]

    @property
    def account(self) -> EnergyAccount:
        return self.view.account

    @property
    def places(self) -> tuple[PlaceAccount, ...]:
        """The whole institution first."""
        return (self.account.whole, *self.account.buildings)

    def convention(self, factor_set_id: str) -> Convention:
        return next(one for one in self.view.conventions if one.factor_set_id == factor_set_id)

    def name_of(self, place: PlaceAccount) -> Names:
        """Name of the institution or of a building."""
        for building in self.model.buildings:
            if building.building_id == place.place.building_id:
                return building.name
        return self.model.institution.name


@dataclass(frozen=True, slots=True)
class Cost:
    """`fen` of the carriers whose price is known; `unpriced` are those that it leaves out."""

    fen: int | None
    unpriced: tuple[Carrier, ...]


def period_choices(now_ms: int) -> list[Period]:
    """Months from the running one back, and the years they lie in; the last full month is the second."""
    months = [Period.month_of(now_ms)]
    while len(months) < MONTHS_SHOWN:
        months.append(months[-1].previous)
    return [*months, *(Period(months[0].year - back) for back in range(YEARS_SHOWN))]


def last_full_month(now_ms: int) -> Period:
    return Period.month_of(now_ms).previous


def read_energy_month(
    services: DoorServices,
    principal: Principal,
    institution_id: str | None,
    period: Period,
    known_at_ms: int | None = None,
) -> EnergyMonth:
    """Everything of the account as it is known now or was known at a time; DomainError 403, 404, 422."""
    model = model_in_scope(services, principal, institution_id, known_at_ms)
    view = read_account(services, principal, institution_id, str(period), known_at_ms)
    now = Period.month_of(services.clock.now_ms())
    last = min(period if period.month is not None else Period(period.year, 12), now)
    months = [last]
    while len(months) < MONTHS_SHOWN:
        months.append(months[-1].previous)
    accounts = read_months(services, principal, institution_id, months[::-1], known_at_ms)
    return EnergyMonth(model, view, tuple(accounts))


def indicators_of(account: EnergyAccount, place: PlaceAccount, factor_set_id: str) -> Intensities:
    """The indicators of one place under one convention."""
    return intensities(account, place, factor_set(factor_set_id), load_densities())


def coal_by_carrier(account: EnergyAccount, place: PlaceAccount, factor_set_id: str) -> Mapping[Carrier, Decimal]:
    """Standard coal in kgce of each carrier; empty when the energy of the place is not known."""
    energy = indicators_of(account, place, factor_set_id).energy
    return {} if energy is None else {term.carrier: term.kgce for term in energy.terms}


def cost_of(place: PlaceAccount) -> Cost:
    """What the place paid, as far as prices are known."""
    used = [one for one in place.consumption.values() if one.quantity is not None]
    known = [one.cost_fen for one in used if one.cost_fen is not None]
    return Cost(sum(known) if known else None, tuple(one.carrier for one in used if one.cost_fen is None))


def worst_judgement(judgements: Sequence[Judgement]) -> Judgement | None:
    """The verdict that a leader has to know; None without any."""
    order = list(Verdict)
    return max(judgements, key=lambda one: order.index(one.verdict), default=None)


def worth_showing(consumption: Mapping[Carrier, Consumption]) -> list[Consumption]:
    """Carriers in the order of the statistics, with those that are missing."""
    return [consumption[carrier] for carrier in Carrier if carrier in consumption]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a waterfall from `start` to `end`; totals start at 0."""

    name: str
    start: float
    end: float
    is_total: bool = False

    @property
    def change(self) -> float:
        return self.end - self.start


def waterfall(found: Decomposition, before: str, after: str) -> list[Bar]:
    """From the earlier figure over the effect of each factor to the later one, without a rest."""
    level = _product(found.earlier)
    bars = [Bar(before, 0.0, level, True)]
    for name, effect in found.effects.items():
        bars.append(Bar(name, level, level + effect))
        level += effect
    return [*bars, Bar(after, 0.0, level, True)]


def _product(factors: Mapping[str, float]) -> float:
    product = 1.0
    for value in factors.values():
        product *= value
    return product
