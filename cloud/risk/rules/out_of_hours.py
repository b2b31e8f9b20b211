"""V01: an official vehicle that drives outside working hours without an approved order.

It says which vehicle and when, never who: that is for those who answer for the vehicles to find out.
"""

from __future__ import annotations

from collections.abc import Iterator

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind, Vehicle
from cloud.core.series import SeriesKey
from cloud.records.record import Record
from cloud.risk.occurrence import moment
from cloud.risk.record_reads import flag, rows
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting
from cloud.risk.trips import Move, Trip, moves_of, trips_of

SPEED = "Speed"
LOOK_BACK_MS = 24 * 3_600_000
LEAD_MS = 12 * 3_600_000
"""Trips are looked for from half a day earlier on, so that one that began before is not cut and taken for new."""

LEAST_MOVING_MS = 120_000
"""Two minutes: more than being moved within the yard (rule V01)."""

MARGIN_MS = 30 * 60_000
"""An order covers half an hour before leaving and after returning."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per trip that began in the last 24 hours."""
    groups = {one.device: one.group for one in evidence.registry.devices([evidence.institution_id])}
    today = local_day(evidence.now_ms)
    for vehicle in evidence.model.vehicles:
        if vehicle.device_id not in groups or not vehicle.is_valid_on(today):
            continue
        key = SeriesKey(groups[vehicle.device_id], vehicle.device_id, SPEED)
        subject = str(Subject(SubjectKind.VEHICLE, vehicle.vehicle_id))
        for trip in _trips(evidence, key, _orders(evidence, vehicle)):
            if trip.start_ms >= evidence.now_ms - LOOK_BACK_MS and trip.moving_ms >= LEAST_MOVING_MS:
                data = {
                    "from": moment(trip.start_ms),
                    "until": moment(trip.end_ms),
                    "minutes": round(trip.moving_ms / 60_000),
                    "top_kmh": round(trip.top_kmh),
                }
                yield Sighting(subject, str(trip.start_ms), trip.start_ms, data)


def _trips(evidence: Evidence, key: SeriesKey, orders: list[Record]) -> list[Trip]:
    start_ms = evidence.now_ms - LOOK_BACK_MS - LEAD_MS
    moves = moves_of(evidence.store.series(key, start_ms, evidence.now_ms))
    return trips_of(
        move for move in moves if not evidence.calendar.is_open(move.start_ms) and not _is_covered(move, orders)
    )


def _orders(evidence: Evidence, vehicle: Vehicle) -> list[Record]:
    first = local_day(evidence.now_ms - LOOK_BACK_MS - LEAD_MS - MARGIN_MS)
    subject = str(Subject(SubjectKind.VEHICLE, vehicle.vehicle_id))
    return [
        order
        for order in rows(evidence, "vehicle_order", first=first)
        if order.subject == subject and flag(order, "approved")
    ]


def _is_covered(move: Move, orders: list[Record]) -> bool:
    return any(order.start_ms - MARGIN_MS <= move.start_ms < order.end_ms + MARGIN_MS for order in orders)


RULE = Rule(
    rule_id="V01",
    kind="vehicle.out_of_hours",
    severity=Severity.ORANGE,
    consequence=4,
    playbook=Playbook(),
    basis="党政机关公务用车管理办法",
    confidence="secondary",
    examine=examine,
    due_h=72,
    is_restricted=True,
)
