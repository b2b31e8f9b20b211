"""A01: things of value that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.records.record import Record
from cloud.risk.occurrence import fingerprint, listed
from cloud.risk.record_reads import by_field, day, rows, text, yuan
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

IDLE_DAYS = 180
LEAST_VALUE_YUAN = 1000.0
"""Half a year without use; below the value from which general equipment is booked as a fixed asset (rule A01)."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per department with all its idle assets."""
    today = local_day(evidence.now_ms)
    idle = [
        asset
        for asset in rows(evidence, "asset")
        if (since := _unused_since(asset)) is not None
        and (today - since).days > IDLE_DAYS
        and (yuan(asset, "value") or 0.0) >= LEAST_VALUE_YUAN
    ]
    for department, assets in by_field(idle, "department").items():
        longest = min(since for asset in assets if (since := _unused_since(asset)) is not None)
        names = [text(asset, "asset") for asset in assets]
        data = {
            "count": len(assets),
            "value_yuan": round(sum(yuan(asset, "value") or 0.0 for asset in assets)),
            "assets": listed(names),
            "longest_days": (today - longest).days,
            "limit_days": IDLE_DAYS,
        }
        subject = str(Subject(SubjectKind.DEPARTMENT, department))
        yield Sighting(subject, fingerprint(names), day_start_ms(today), data)


def _unused_since(asset: Record) -> date | None:
    """None for what is in use, in repair or gone, and for what is in use without a known last use."""
    state = text(asset, "state")
    if state == "idle":
        return day(asset, "last_used_on") or day(asset, "acquired_on")
    return day(asset, "last_used_on") if state == "in_use" else None


RULE = Rule(
    rule_id="A01",
    kind="asset.idle",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(),
    basis="行政事业性国有资产管理条例",
    confidence="secondary",
    examine=examine,
    due_h=720,
)
