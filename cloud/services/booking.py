"""What can be booked, and who holds it when: requests of this platform, and books that came by import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cloud.core.institution import InstitutionModel, Names
from cloud.records.ports import RecordBook
from cloud.records.record import Record
from cloud.services.request import RequestState, ServiceRequest
from foundation.errors import DomainError

Bookable = Literal["room", "vehicle"]

MEETING = "meeting"
"""The use of rooms that can be booked."""

LONGEST_DAYS: dict[Bookable, int] = {"room": 7, "vehicle": 30}
HORIZON_DAYS = 366
GRACE_MS = 15 * 60_000
"""Somebody who books at five past what begins at the full hour is not refused."""

_RECORDS: dict[Bookable, str] = {"room": "booking", "vehicle": "vehicle_order"}
_GIVEN_UP = (RequestState.REJECTED, RequestState.CANCELLED)
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be booked; `name` is None for what only a book knows, by its number."""

    subject: str
    name: Names | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A subject is taken over start <= time < end; `reference` is the request or the row of a book."""

    subject: str
    start_ms: int
    end_ms: int
    reference: str


def places(booking: Bookable, model: InstitutionModel, records: RecordBook, today: date) -> list[Place]:
    """Meeting rooms or vehicles of the institution, those of the model before those of its books."""
    institution_ids = [model.institution.institution_id]
    found: dict[str, Place] = {}
    if booking == "room":
        rooms = [one for one in model.rooms if one.use == MEETING and one.is_valid_on(today)]
        found = {f"room:{one.room_id}": Place(f"room:{one.room_id}", one.name) for one in rooms}
        booked = [one for one in records.records(institution_ids, "room") if one.fields.get("use") == MEETING]
    else:
        vehicles = [one for one in model.vehicles if one.is_valid_on(today)]
        found = {f"vehicle:{one.vehicle_id}": Place(f"vehicle:{one.vehicle_id}", one.name) for one in vehicles}
        booked = records.records(institution_ids, "vehicle_book")
    for row in booked:
        found.setdefault(row.subject, Place(row.subject, None))
    return list(found.values())


def holds(
    booking: Bookable,
    requests: Iterable[ServiceRequest],
    records: RecordBook,
    institution_id: str,
    start_ms: int,
    end_ms: int,
    *,
    subject: str | None = None,
) -> list[Hold]:
    """What is taken within the span, in the order of time; of one subject, or of all that can be booked."""
    rows = records.records([institution_id], _RECORDS[booking], start_ms=start_ms, end_ms=end_ms, subject=subject)
    asked = [_of_request(one) for one in requests if one.institution_id == institution_id]
    found = [*(_of_row(row) for row in rows if row.fields.get("approved") is True), *(one for one in asked if one)]
    return sorted(
        (
            one
            for one in found
            if one.subject.startswith(f"{booking}:")
            and subject in (None, one.subject)
            and one.start_ms < end_ms
            and one.end_ms > start_ms
        ),
        key=lambda one: (one.start_ms, one.subject, one.reference),
    )


def check_span(booking: Bookable, start_ms: int | None, end_ms: int | None, now_ms: int) -> tuple[int, int]:
    """Start and end of a booking; DomainError 422 for none, a backward, past, too long or too far one."""
    if start_ms is None or end_ms is None:
        raise DomainError("error.booking_time_missing")
    if start_ms >= end_ms:
        raise DomainError("error.span_backwards")
    if start_ms < now_ms - GRACE_MS:
        raise DomainError("error.booking_in_the_past")
    longest_days = LONGEST_DAYS[booking]
    if end_ms - start_ms > longest_days * _DAY_MS:
        raise DomainError("error.booking_too_long", most=longest_days)
    if start_ms > now_ms + HORIZON_DAYS * _DAY_MS:
        raise DomainError("error.booking_too_far", most=HORIZON_DAYS)
    return start_ms, end_ms


def refuse_taken(taken: Sequence[Hold]) -> None:
    """DomainError 409 `error.booking_conflict` when something holds the subject."""
    if taken:
        raise DomainError("error.booking_conflict", 409, subject=taken[0].subject, request=taken[0].reference)


def _of_request(request: ServiceRequest) -> Hold | None:
    if request.start_ms is None or request.end_ms is None or request.state in _GIVEN_UP:
        return None
    return Hold(request.subject, request.start_ms, request.end_ms, request.request_id)


def _of_row(row: Record) -> Hold:
    return Hold(row.subject, row.start_ms, row.end_ms, row.record_id)
