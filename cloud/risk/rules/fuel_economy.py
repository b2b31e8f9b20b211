"""V05: a vehicle that needs more fuel than it used to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.records.record import Record
from cloud.risk.record_reads import by_field, number, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting, TreatmentKind

HISTORY_DAYS = 365
FILLS = 2
MOST_DRIFT = 1.25
"""Two fills in a row a quarter above the vehicle's own median of twelve months (rule V05)."""

LEAST_FILLS = 5
"""With fewer earlier fills the baseline of the vehicle book is taken."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From one fill to the next: what was filled at its end was used on it."""

    fill: Record
    litres_per_100km: float


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per vehicle; fills without odometer tell nothing."""
    today = local_day(evidence.now_ms)
    book = {text(one, "vehicle"): number(one, "litres_per_100km") for one in rows(evidence, "vehicle_book")}
    fills = rows(evidence, "fuel_card", first=today - timedelta(HISTORY_DAYS))
    for vehicle, of_vehicle in by_field(fills, "vehicle").items():
        seen = _judge(_stretches(of_vehicle), book.get(vehicle))
        if seen is not None:
            yield seen


def _stretches(fills: Sequence[Record]) -> list[_Stretch]:
    found = []
    for before, after in pairwise(fills):
        start_km, end_km, litres = number(before, "odometer_km"), number(after, "odometer_km"), number(after, "litres")
        if start_km is not None and end_km is not None and litres is not None and end_km > start_km:
            found.append(_Stretch(after, 100 * litres / (end_km - start_km)))
    return found


def _judge(stretches: Sequence[_Stretch], booked: float | None) -> Sighting | None:
    earlier = [one.litres_per_100km for one in stretches[:-FILLS]]
    usual = median(earlier) if len(earlier) >= LEAST_FILLS else booked
    if not usual or len(stretches) < FILLS:
        return None
    run: list[_Stretch] = []
    for stretch in reversed(stretches):
        if stretch.litres_per_100km <= MOST_DRIFT * usual:
            break
        run.append(stretch)
    if len(run) < FILLS:
        return None
    newest, first = run[0].fill, run[-1].fill
    mean = fmean(one.litres_per_100km for one in run)
    data = {
        "litres_per_100km": f"{mean:.1f}",
        "usual": f"{usual:.1f}",
        "over_percent": round(100 * (mean / usual - 1)),
        "limit_percent": round(100 * (MOST_DRIFT - 1)),
        "fills": len(run),
    }
    return Sighting(newest.subject, first.record_id, newest.start_ms, data)


RULE = Rule(
    rule_id="V05",
    kind="vehicle.fuel_economy",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="党政机关公务用车管理办法",
    examine=examine,
    due_h=240,
)
