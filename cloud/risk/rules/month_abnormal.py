"""E03: a month unlike the same month of the year before: the statistics ask for the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cloud.core.event import Severity
from cloud.core.period import Period
from cloud.energy.carrier import DISPLAY_UNITS, Carrier, from_base
from cloud.risk.bills import Bill, bills
from cloud.risk.meters import ENERGY, VOLUME, by_building, supply_meters, total_of
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

MOST_CHANGE = {Carrier.ELECTRICITY: 0.15, Carrier.GAS: 0.15, Carrier.HEAT: 0.15, Carrier.WATER: 0.25}
"""Change that needs no explanation: 15 % for energy, 25 % for water (rule E03)."""

MIN_COVERED = 0.98
"""Share of a month that a meter must have measured before it stands in for a bill."""

METERED = {Carrier.ELECTRICITY: ENERGY, Carrier.WATER: VOLUME}

Months = Mapping[Period, float]
"""Base units per day by month."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per place and carrier, over the newest complete month; bills come before meters."""
    month = Period.month_of(evidence.now_ms).previous
    billed = _billed(bills(evidence, month.year_before.first_day, month.end_day))
    for (subject, carrier), months in (_metered(evidence, month) | billed).items():
        seen = _compare(subject, carrier, months, month)
        if seen is not None:
            yield seen


def _compare(subject: str, carrier: Carrier, months: Months, month: Period) -> Sighting | None:
    now, before = months.get(month), months.get(month.year_before)
    if now is None or not before or carrier not in MOST_CHANGE:
        return None
    change = now / before - 1
    if round(abs(change), 6) <= MOST_CHANGE[carrier]:
        return None
    data = {
        "carrier": carrier.value,
        "month": str(month),
        "quantity": _shown(carrier, now * month.days),
        "quantity_before": _shown(carrier, before * month.days),
        "unit": DISPLAY_UNITS[carrier],
        "change_percent": round(100 * change, 1),
        "limit_percent": round(100 * MOST_CHANGE[carrier]),
    }
    return Sighting(subject, f"{carrier}:{month}", month.end_ms, data)


def _shown(carrier: Carrier, quantity: float) -> float:
    return round(float(from_base(carrier, round(quantity))), 1)


def _billed(found: list[Bill]) -> dict[tuple[str, Carrier], Months]:
    """A bill counts for the month in which its period has its middle; what several accounts take adds up."""
    of_account: dict[tuple[str, Carrier], dict[tuple[Period, str], list[Bill]]] = defaultdict(lambda: defaultdict(list))
    for bill in found:
        month = Period.month_of((bill.start_ms + bill.end_ms) // 2)
        of_account[bill.subject, bill.carrier][month, bill.account].append(bill)
    per_day: dict[tuple[str, Carrier], dict[Period, float]] = defaultdict(lambda: defaultdict(float))
    for place, months in of_account.items():
        for (month, _), same in months.items():
            per_day[place][month] += sum(one.quantity for one in same) / sum(one.days for one in same)
    return {place: dict(months) for place, months in per_day.items()}


def _metered(evidence: Evidence, month: Period) -> dict[tuple[str, Carrier], Months]:
    found: dict[tuple[str, Carrier], Months] = {}
    for carrier, unit in METERED.items():
        for of_building in by_building(supply_meters(evidence, unit)).values():
            totals = {
                one: total / one.days
                for one in (month, month.year_before)
                if (total := total_of(evidence, of_building, one.start_ms, one.end_ms, MIN_COVERED)) is not None
            }
            found[of_building[0].subject, carrier] = totals
    return found


RULE = Rule(
    rule_id="E03",
    kind="energy.month_abnormal",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(),
    basis="公共机构能源资源消费统计调查制度",
    confidence="secondary",
    examine=examine,
    due_h=240,
)
