"""F02: a bill that does not agree with the meter, or whose price per unit cannot be right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.risk.bills import Bill, bills
from cloud.risk.meters import ENERGY, VOLUME, Meter, by_building, supply_meters, total_of
from cloud.risk.occurrence import told
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

MOST_GAP = 0.03
"""Relative difference of quantities that meters and reading days explain (rule F02)."""

MIN_COVERED = 0.99
"""Share of a bill's period that the meters must have measured."""

PRICES_YUAN = {
    Carrier.ELECTRICITY: (0.35, 1.2),
    Carrier.WATER: (2.0, 10.0),
    Carrier.GAS: (2.0, 6.5),
    Carrier.HEAT: (30.0, 150.0),
}
"""Plausible price per kWh, m3, m3, GJ: about half to double the usual 0.7, 5, 4.4 and 89.6 yuan of audit reports."""

LOOK_BACK_DAYS = 92
"""Older bills are closed business."""

METERED = {Carrier.ELECTRICITY: ENERGY, Carrier.WATER: VOLUME}


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per building, carrier and billing period; bills of several accounts are added up."""
    today = local_day(evidence.now_ms)
    supplies = {carrier: by_building(supply_meters(evidence, unit)) for carrier, unit in METERED.items()}
    together: dict[tuple[str, Carrier, int, int], list[Bill]] = defaultdict(list)
    for bill in bills(evidence, today - timedelta(LOOK_BACK_DAYS), today):
        together[bill.subject, bill.carrier, bill.start_ms, bill.end_ms].append(bill)
    for same in together.values():
        seen = _judge(same, _metered(evidence, same[0], supplies))
        if seen is not None:
            yield seen


def _metered(evidence: Evidence, bill: Bill, supplies: Mapping[Carrier, Mapping[str, Sequence[Meter]]]) -> int | None:
    found = supplies.get(bill.carrier, {}).get(bill.building_id, ())
    return total_of(evidence, found, bill.start_ms, bill.end_ms, MIN_COVERED) if found else None


def _judge(same: Sequence[Bill], metered: int | None) -> Sighting | None:
    first, billed = same[0], sum(bill.quantity for bill in same)
    costs = [bill.cost for bill in same if bill.cost is not None]
    quantity = float(from_base(first.carrier, billed))
    price = sum(costs) / quantity if quantity > 0 and len(costs) == len(same) else None
    gap = billed / metered - 1 if metered else None
    low, high = PRICES_YUAN.get(first.carrier, (0.0, float("inf")))
    if (gap is None or round(abs(gap), 6) <= MOST_GAP) and (price is None or low <= price <= high):
        return None
    data = {
        "carrier": first.carrier.value,
        "first_day": local_day(first.start_ms).isoformat(),
        "last_day": local_day(first.end_ms - 1).isoformat(),
        "billed": round(quantity, 1),
        "metered": told(None if metered is None else round(float(from_base(first.carrier, metered)), 1)),
        "unit": DISPLAY_UNITS[first.carrier],
        "gap_percent": told(None if gap is None else round(100 * gap, 1)),
        "limit_percent": round(100 * MOST_GAP),
        "price_yuan": told(None if price is None else f"{price:.2f}"),
        "price_range": f"{low:.2f}–{high:.2f}",
    }
    return Sighting(first.subject, ";".join(bill.record_id for bill in same), first.end_ms, data)


RULE = Rule(
    rule_id="F02",
    kind="finance.bill_mismatch",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="公共机构节能条例",
    examine=examine,
    due_h=168,
)
