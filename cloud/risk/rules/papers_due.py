"""V07: a vehicle whose insurance or inspection runs out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.records.record import Record
from cloud.risk.occurrence import told
from cloud.risk.record_reads import day, rows
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

NOTICE_DAYS = 30
"""Rule V07: due within a month; past its day the vehicle may not drive."""

PAPERS = ("insurance_until", "inspection_until")


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per vehicle, about the paper that ends first."""
    today = local_day(evidence.now_ms)
    for vehicle in rows(evidence, "vehicle_book"):
        seen = _judge(vehicle, today, evidence.now_ms)
        if seen is not None:
            yield seen


def _judge(vehicle: Record, today: date, now_ms: int) -> Sighting | None:
    ends = {name: day(vehicle, name) for name in PAPERS}
    first = min((one for one in ends.values() if one is not None), default=None)
    if first is None or (first - today).days > NOTICE_DAYS:
        return None
    is_past = first < today
    data = {name: told(one) for name, one in ends.items()}
    data |= {"due_on": first.isoformat(), "days": (first - today).days, "limit_days": NOTICE_DAYS}
    severity = Severity.ORANGE if is_past else Severity.YELLOW
    return Sighting(vehicle.subject, f"{first}:{'past' if is_past else 'due'}", now_ms, data, severity)


RULE = Rule(
    rule_id="V07",
    kind="vehicle.papers_due",
    severity=Severity.YELLOW,
    consequence=3,
    playbook=Playbook(),
    basis="党政机关公务用车管理办法; 道路交通安全法",
    examine=examine,
    due_h=240,
)
