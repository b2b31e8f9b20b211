"""What a door shows of the energy account: consumption, standard coal by both conventions side by side, carbon,
quota verdicts, published averages, and why the use has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.core.work_calendar import WorkCalendar
from cloud.desks.door import DoorServices
from cloud.energy.account import AccountBooks, EnergyAccount, energy_account, monthly_accounts
from cloud.energy.carbon import Carbon, emissions
from cloud.energy.change import Change, Weather, explain_change
from cloud.energy.daily import DayBooks, outdoor_station, weather_between
from cloud.energy.entry_list import EntryKind
from cloud.energy.factor_set import CALORIFIC, EQUIVALENT, FactorSet, factor_set, load_densities
from cloud.energy.intensity import Intensities, intensities
from cloud.energy.plausibility import is_plausible
from cloud.energy.quota import (
    Applicant,
    Judgement,
    Peer,
    Quota,
    entered_quotas,
    judge,
    load_quotas,
    peers_for,
    quotas_for,
)
from cloud.energy.tariff import Tariff, load_tariffs, read_tariff
from foundation.errors import DomainError

CONVENTIONS = (CALORIFIC, EQUIVALENT)


@dataclass(frozen=True, slots=True)
class Convention:
    """The indicators under one factor set, their verdicts, and those outside the plausible range."""

    factor_set_id: str
    indicators: Intensities
    judgements: tuple[Judgement, ...]
    implausible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountView:
    """`carbon` is None when a carrier is unknown. `conventions` are never added; `peers` give no verdict."""

    account: EnergyAccount
    conventions: tuple[Convention, ...]
    carbon: Carbon | None
    peers: tuple[Peer, ...]
    changes: tuple[Change, ...]


def read_account(
    services: DoorServices,
    principal: Principal,
    institution_id: str | None,
    period: str,
    known_at_ms: int | None = None,
) -> AccountView:
    """The account of a month or year as it is known now or was known at a time.

    DomainError 403, 404, or 422 for a text that is no period.
    """
    if not can(principal, Permission.READ_ENERGY):
        raise DomainError("error.forbidden", 403)
    model = model_in_scope(services, principal, institution_id, known_at_ms)
    return account_view(services, model, period_of(period), known_at_ms)


def read_months(
    services: DoorServices,
    principal: Principal,
    institution_id: str | None,
    months: Sequence[Period],
    known_at_ms: int | None = None,
) -> list[EnergyAccount]:
    """The accounts of several months, in the order given, without what they are compared with; DomainError 403, 404."""
    if not can(principal, Permission.READ_ENERGY):
        raise DomainError("error.forbidden", 403)
    model = model_in_scope(services, principal, institution_id, known_at_ms)
    books = account_books(services, model.institution.institution_id, known_at_ms)
    return monthly_accounts(model, months, books, _now_ms(services, known_at_ms))


def account_view(
    services: DoorServices, model: InstitutionModel, period: Period, known_at_ms: int | None = None
) -> AccountView:
    """The same for callers that have checked the right to it."""
    books = account_books(services, model.institution.institution_id, known_at_ms)
    now_ms = _now_ms(services, known_at_ms)
    account = energy_account(model, period, books, now_ms)
    quotas = quotas_of(services, model.institution.institution_id, known_at_ms)
    conventions = tuple(_convention(model, account, factor_set(one), quotas) for one in CONVENTIONS)
    return AccountView(
        account=account,
        conventions=conventions,
        carbon=carbon_of(account, conventions[0].indicators),
        peers=tuple(
            peer for name in conventions[0].indicators.by_name() for peer in peers_for(model.institution.region, name)
        ),
        changes=tuple(
            _change(services, model, account, energy_account(model, earlier, books, now_ms))
            for earlier in dict.fromkeys((period.previous, period.year_before))
        ),
    )


def _now_ms(services: DoorServices, known_at_ms: int | None) -> int:
    """Until when a period that has begun is accounted for."""
    now_ms = services.clock.now_ms()
    return now_ms if known_at_ms is None else min(known_at_ms, now_ms)


def account_books(services: DoorServices, institution_id: str, known_at_ms: int | None = None) -> AccountBooks:
    """Where the account of an institution looks things up, as they are known now or were known at a time."""
    tariffs = tariffs_of(services, institution_id, known_at_ms)
    return AccountBooks(services.intervals, services.records, load_densities(), tariffs, known_at_ms)


def tariffs_of(services: DoorServices, institution_id: str, known_at_ms: int | None = None) -> list[Tariff]:
    """The reference prices, and the tariffs that the institution has entered, which come before them."""
    entered = services.energy.entries.entries(institution_id, EntryKind.TARIFF, known_at_ms)
    return [*load_tariffs(), *(read_tariff(one, "tariffs") for one in entered.entries)]


def quotas_of(services: DoorServices, institution_id: str, known_at_ms: int | None = None) -> list[Quota]:
    """The quotas of the standards, and those that the superior has set and the institution entered."""
    entered = services.energy.entries.entries(institution_id, EntryKind.QUOTA, known_at_ms)
    return [*load_quotas(), *entered_quotas(entered.entries)]


def model_in_scope(
    services: DoorServices, principal: Principal, institution_id: str | None, known_at_ms: int | None = None
) -> InstitutionModel:
    """The institution asked for, or the only one in scope, as it is entered now or was at a time.

    One that was entered after that time is taken as it is now. DomainError 404, 422 when there are several.
    """
    if institution_id is None:
        if len(principal.institution_ids) > 1:
            raise DomainError("error.institution_needed")
        institution_id = next(iter(principal.institution_ids), "")
    model = None
    if in_scope(principal, institution_id):
        book = services.institutions
        model = book.model(institution_id, known_at_ms) or book.model(institution_id)
    if model is None:
        raise DomainError("error.not_found", 404)
    return model


def period_of(text: str) -> Period:
    """A period from a person's text; anything else raises DomainError."""
    try:
        return Period.parse(text)
    except ValueError:
        raise DomainError("error.period_invalid", period=text) from None


def carbon_of(account: EnergyAccount, indicators: Intensities) -> Carbon | None:
    """Emissions of the institution in the year of the data; None when its energy is not known."""
    if indicators.energy is None:
        return None
    return emissions(account.whole.quantities, account.period.year, load_densities())


def _convention(
    model: InstitutionModel, account: EnergyAccount, factors: FactorSet, quotas: Sequence[Quota]
) -> Convention:
    found = intensities(account, account.whole, factors, load_densities())
    applicant = Applicant.of(model.institution)
    judgements: list[Judgement] = []
    implausible: list[str] = []
    for name, amount in found.by_name().items():
        if amount.value is None:
            continue
        if not is_plausible(name, amount.value):
            implausible.append(name)
        for quota in quotas_for(applicant, name, amount.factor_set_id, quotas):
            judgements.append(judge(amount.value, name, amount.factor_set_id, quota, applicant))
    return Convention(factors.factor_set_id, found, tuple(judgements), tuple(implausible))


def _change(services: DoorServices, model: InstitutionModel, later: EnergyAccount, earlier: EnergyAccount) -> Change:
    factors, densities = factor_set(CALORIFIC), load_densities()
    plain = explain_change(earlier, later, factors, densities)
    if plain.decomposition is None:
        return plain
    weather = _weather(services, model, earlier, later)
    return plain if weather is None else explain_change(earlier, later, factors, densities, weather)


def _weather(
    services: DoorServices, model: InstitutionModel, earlier: EnergyAccount, later: EnergyAccount
) -> Weather | None:
    station = outdoor_station(services.registry.devices({model.institution.institution_id}))
    if station is None or later.period.month is None:
        return None
    return weather_between(model, earlier, later, DayBooks(services.intervals, services.store, station, WorkCalendar()))
