"""Looks at the books that several indicators share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cloud.core.period import DAY_MS, Period
from cloud.evaluation.indicator import Facts, span_of
from cloud.evaluation.order_degree import Bounds
from cloud.records.record import Record
from cloud.risk.record_reads import by_field, number, text
from cloud.risk.risk import Risk
from cloud.services.request import RequestState, ServiceRequest

TARGETS = "targets-2026"
MANY = 100_000
NONE_FINISHED = "evaluation.not_applicable.none_finished"
TRAILING_DAYS = 92
"""Fills, trips and surveys are rare: a month looks back over a quarter."""


def targets(low: float, high: float) -> Bounds:
    """Bounds that this product ships; an institution reviews them once a year."""
    return Bounds(low, high, TARGETS, "evaluation.bounds.own_targets")


def rows(facts: Facts, kind: str, start_ms: int | None = None, end_ms: int | None = None) -> list[Record]:
    """Current rows of a kind that touch start <= time < end."""
    return facts.records.records({facts.institution_id}, kind, start_ms=start_ms, end_ms=end_ms)


def trailing(facts: Facts, period: Period) -> tuple[int, int]:
    """The last quarter up to the end of what has passed of the period."""
    end_ms = span_of(period, facts.now_ms)[1]
    return end_ms - TRAILING_DAYS * DAY_MS, end_ms


def risks_until(facts: Facts, end_ms: int) -> list[Risk]:
    """Risks opened before `end_ms`, without those about persons: even their number is not for all who read scores."""
    found = facts.risk.register.risks({facts.institution_id}, end_ms=end_ms, limit=MANY)
    return [one for one in found if not one.is_restricted]


def finished_in(facts: Facts, period: Period) -> list[ServiceRequest]:
    """Requests whose work was finished within the period, without those that treat a matter of a person."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    # Asked up to a year before: nothing waits longer and is still this month's work.
    asked = facts.service.requests.requests({facts.institution_id}, start_ms=start_ms - 366 * DAY_MS, end_ms=end_ms)
    gone = {RequestState.REJECTED, RequestState.CANCELLED}
    return [
        one
        for one in asked
        if one.done_ms is not None
        and start_ms <= one.done_ms < end_ms
        and one.state not in gone
        and not (one.is_restricted and one.risk_id is not None)
    ]


@dataclass(frozen=True, slots=True)
class Driven:
    """What a vehicle's fills of a span tell: kilometres between the first and the last, and the fuel they took."""

    vehicle: str
    start_ms: int
    end_ms: int
    km: float
    litres: float


def driven(fills: Sequence[Record]) -> list[Driven]:
    """By vehicle; needs two fills with rising odometers. Fuel of the first fill was used before it."""
    found: list[Driven] = []
    for vehicle, of_vehicle in by_field(sorted(fills, key=lambda one: one.start_ms), "vehicle").items():
        known = [(one.start_ms, km, litres) for one in of_vehicle if (km := number(one, "odometer_km")) is not None
                 if (litres := number(one, "litres")) is not None]  # fmt: skip
        if len(known) < 2 or any(later[1] < earlier[1] for earlier, later in pairwise(known)):
            continue
        km = known[-1][1] - known[0][1]
        if km > 0:
            litres = sum(one[2] for one in known[1:])
            found.append(Driven(vehicle, known[0][0], known[-1][0], km, litres))
    return found


def approved_orders(orders: Sequence[Record]) -> list[Record]:
    """Orders that somebody approved; their kilometres may be unknown."""
    return [one for one in orders if one.fields.get("approved") is True and text(one, "vehicle")]
