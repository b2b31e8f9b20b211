"""E08: meters whose yesterday is not known: what is not counted can be neither saved nor reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from cloud.core.calendar import day_bounds_ms, local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.risk.meters import ENERGY, HOUR_MS, VOLUME, meters
from cloud.risk.occurrence import listed
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting, TreatmentKind

LEAST_COMPLETE = 0.95
"""Share of a day that must be booked (rule E08, GB/T 29149)."""

SETTLED_AFTER_H = 6
"""An edge that was cut off brings what it kept: yesterday is judged only so long after midnight."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per compound, listing its counters that were booked before and lack part of yesterday."""
    yesterday = local_day(evidence.now_ms) - timedelta(days=1)
    start_ms, end_ms = day_bounds_ms(yesterday)
    if evidence.now_ms < end_ms + SETTLED_AFTER_H * HOUR_MS:
        return
    found = [*meters(evidence, ENERGY), *meters(evidence, VOLUME)]
    totals = evidence.intervals.total([meter.key for meter in found], start_ms, end_ms)
    gaps: dict[str, dict[str, float]] = defaultdict(dict)
    for meter in found:
        total = totals.get(meter.key)
        share = total.covered_ms / (end_ms - start_ms) if total is not None else 0.0
        if share < LEAST_COMPLETE and evidence.intervals.watermark(meter.key) is not None:
            gaps[meter.key.group][meter.key.device] = share
    for group, shares in gaps.items():
        data = {
            "day": yesterday.isoformat(),
            "devices": listed(shares),
            "count": len(shares),
            "worst_percent": round(100 * min(shares.values())),
            "limit_percent": round(100 * LEAST_COMPLETE),
        }
        yield Sighting(str(Subject(SubjectKind.COMPOUND, group)), yesterday.isoformat(), end_ms, data)


RULE = Rule(
    rule_id="E08",
    kind="energy.data_gap",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="GB/T 29149",
    examine=examine,
    due_h=72,
)
