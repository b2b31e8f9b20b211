"""What a door shows to everybody: counts that name nobody, and what the institution used in a year."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can
from cloud.core.institution import InstitutionModel
from cloud.core.period import DAY_MS, Period
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import account_books
from cloud.desks.request_subjects import model_of
from cloud.energy.account import energy_account
from cloud.energy.consumption import Consumption
from cloud.services.anonymity import published_span
from cloud.services.catalogue import load_services
from cloud.services.public_counts import PublicBooks, PublicCounts, public_counts
from cloud.services.request_pages import newest_first
from cloud.services.views import load_field_levels
from foundation.errors import DomainError

MOST_RISKS = 20_000
OLDEST_RISK_MS = 366 * DAY_MS
"""Risks opened so long before the span may have been closed within it."""

_RECORDS = ("vehicle_order", "satisfaction")


@dataclass(frozen=True, slots=True)
class PublicView:
    """`year` is the last one that may be published; its quantities are those of the whole institution."""

    model: InstitutionModel
    counts: PublicCounts
    year: Period
    energy: tuple[Consumption, ...]


def public_view(services: DoorServices, principal: Principal, institution_id: str) -> PublicView:
    """The view of any institution that exists, whoever asks; DomainError 403, 404."""
    if not can(principal, Permission.READ_DISCLOSURE):
        raise DomainError("error.forbidden", 403)
    model = model_of(services, institution_id)
    now_ms = services.clock.now_ms()
    year = published_year(now_ms)
    account = energy_account(model, year, account_books(services, institution_id), now_ms)
    energy = tuple(account.whole.consumption[carrier] for carrier in sorted(account.whole.consumption))
    return PublicView(model, institution_counts(services, institution_id), year, energy)


def institution_counts(services: DoorServices, institution_id: str) -> PublicCounts:
    """The public counts of an institution, for callers that have checked the right to them."""
    now_ms = services.clock.now_ms()
    start_ms, end_ms = published_span(now_ms, load_field_levels().public)
    trips, surveys = (
        services.records.records([institution_id], kind, start_ms=start_ms, end_ms=end_ms) for kind in _RECORDS
    )
    risks = services.risk.register.risks(
        [institution_id], start_ms=start_ms - OLDEST_RISK_MS, end_ms=end_ms, limit=MOST_RISKS
    )
    books = PublicBooks(
        requests=newest_first(services.service.requests, [institution_id], start_ms, end_ms),
        risks=risks,
        trips=trips,
        surveys=surveys,
        vehicles=len(services.records.records([institution_id], "vehicle_book")),
    )
    departments = [one.id for one in services.departments.all()]
    return public_counts(books, list(load_services()), departments, now_ms)


def published_year(now_ms: int) -> Period:
    """The last calendar year that is over for as long as figures wait for their publication."""
    delay_ms = load_field_levels().public.delay_days * DAY_MS
    return Period(Period.month_of(now_ms - delay_ms).year - 1)
