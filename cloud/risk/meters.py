"""Which counter stands where, and what it counted at which hour: how rules look at energy and water."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import Subject, SubjectKind
from cloud.core.ports import RegisteredDevice
from cloud.core.series import SeriesKey
from cloud.risk.rule import Evidence

ENERGY, VOLUME = "Wh", "L"
"""Base units of the counters of electricity and of water."""

WHOLE_BUILDING = {ENERGY: "01", VOLUME: "02"}
"""Energy class without a sub-item: the meter counts all that its building is supplied with (MOHURD sub-metering)."""

MIN_COVERED = 0.9
"""Share of a span that must be booked and measured before a mean of it is believed."""

HOUR_MS = 3_600_000
_OUTWARD = ("Export", "Negative")


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter that runs forward, and the place it counts for."""

    key: SeriesKey
    building_id: str | None
    sub_item: str | None

    @property
    def subject(self) -> str:
        """Its building; the device itself when it stands in none."""
        if self.building_id is not None:
            return str(Subject(SubjectKind.BUILDING, self.building_id))
        return str(Subject(SubjectKind.DEVICE, self.key.device))


def meters(evidence: Evidence, unit: str) -> list[Meter]:
    """Every device with a forward counter in this unit; the institution model's word on its place comes first."""
    today = local_day(evidence.now_ms)
    placed = {(one.compound_id, one.device_id): one for one in evidence.model.devices if one.is_valid_on(today)}
    removed = {(one.compound_id, one.device_id) for one in evidence.model.devices} - set(placed)
    found = []
    for device in evidence.registry.devices([evidence.institution_id]):
        point = _counter(device, unit)
        if point is None or (device.group, device.device) in removed:
            continue
        entry, born = placed.get((device.group, device.device)), device.properties
        building_id = entry.building_id if entry else born.get("building")
        sub_item = (entry.sub_item if entry else None) or born.get("sub_item")
        found.append(Meter(SeriesKey(device.group, device.device, point), building_id, sub_item))
    return found


def supply_meters(evidence: Evidence, unit: str) -> list[Meter]:
    """Those that count whole buildings (or sites)."""
    return [meter for meter in meters(evidence, unit) if meter.sub_item == WHOLE_BUILDING[unit]]


def by_building(found: Sequence[Meter]) -> dict[str, list[Meter]]:
    """Meters by the building they stand in; parallel feeds of one building stand together."""
    groups: dict[str, list[Meter]] = defaultdict(list)
    for meter in found:
        if meter.building_id is not None:
            groups[meter.building_id].append(meter)
    return groups


def total_of(evidence: Evidence, found: Sequence[Meter], start_ms: int, end_ms: int, covered: float) -> int | None:
    """Sum over these meters in base units; None unless each has measured at least this share of the span."""
    totals = evidence.intervals.total([meter.key for meter in found], start_ms, end_ms)
    for meter in found:
        total = totals.get(meter.key)
        if total is None or total.covered_ms < covered * (end_ms - start_ms):
            return None
        if total.estimated > (1 - covered) * max(total.delta, 1):
            return None
    return sum(total.delta for total in totals.values())


@dataclass(frozen=True, slots=True)
class Days:
    """Booked intervals of one counter by local day."""

    intervals: dict[date, list[EnergyInterval]]

    def per_hour(self, day: date, from_hour: int, until_hour: int) -> float | None:
        """Mean growth per hour over these local hours (Wh gives W, L gives L/h).

        None when less than nine tenths are booked, or anything is estimated: an interpolation invents a steady flow.
        """
        start_ms = day_start_ms(day) + from_hour * HOUR_MS
        end_ms = day_start_ms(day) + until_hour * HOUR_MS
        within = [one for one in self.intervals.get(day, ()) if start_ms <= one.start_ms and one.end_ms <= end_ms]
        covered_ms = sum(one.end_ms - one.start_ms for one in within)
        if covered_ms < MIN_COVERED * (end_ms - start_ms) or any(one.is_estimated for one in within):
            return None
        return sum(one.delta for one in within) * HOUR_MS / covered_ms


def days_of(evidence: Evidence, key: SeriesKey, first: date, until: date) -> Days:
    """What is booked of a counter over first <= local day < until."""
    intervals: dict[date, list[EnergyInterval]] = defaultdict(list)
    for one in evidence.intervals.between(key, day_start_ms(first), day_start_ms(until)):
        intervals[local_day(one.start_ms)].append(one)
    return Days(dict(intervals))


def _counter(device: RegisteredDevice, unit: str) -> str | None:
    return next(iter(sorted(_counters(device, unit))), None)


def _counters(device: RegisteredDevice, unit: str) -> Iterator[str]:
    for point in device.points:
        if point.kind == "counter" and point.unit == unit and not any(word in point.name for word in _OUTWARD):
            yield point.name
