"""What is booked today of the rooms or vehicles that some departments lend."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cloud.core.access import Principal
from cloud.core.calendar import day_bounds_ms, local_day
from cloud.desks.door import DoorServices
from cloud.desks.requests import availability
from cloud.services.booking import Hold
from cloud.services.catalogue import Service, load_services


@dataclass(frozen=True, slots=True)
class Booked:
    """`hold` of an institution's `hold.subject`; `places` is how many there are to book."""

    institution_id: str
    service: str
    hold: Hold


@dataclass(frozen=True, slots=True)
class BookingsToday:
    """In the order of time. `lent` counts what can be booked, by service."""

    booked: tuple[Booked, ...]
    lent: tuple[tuple[str, int], ...]
    now_ms: int


def lending(departments: Collection[str]) -> tuple[Service, ...]:
    """Booking services that one of these departments serves."""
    return tuple(one for one in load_services().values() if one.booking and one.department in departments)


def read_bookings(services: DoorServices, principal: Principal, departments: Collection[str]) -> BookingsToday:
    """Of the local day; raises DomainError 403."""
    now_ms = services.clock.now_ms()
    start_ms, end_ms = day_bounds_ms(local_day(now_ms))
    booked: list[Booked] = []
    lent: list[tuple[str, int]] = []
    for service in lending(departments):
        count = 0
        for institution_id in sorted(principal.institution_ids):
            found = availability(services, principal, service.code, institution_id, start_ms, end_ms)
            booked += [Booked(institution_id, service.code, one) for one in found.holds]
            count += len(found.places)
        lent.append((service.code, count))
    return BookingsToday(tuple(sorted(booked, key=lambda one: one.hold.start_ms)), tuple(lent), now_ms)
