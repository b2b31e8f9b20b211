"""A03: the asset book and the yearly count do not agree, or nobody has counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.records.record import Record
from cloud.risk.occurrence import fingerprint, listed, told
from cloud.risk.record_reads import by_field, day, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

COUNT_DAYS = 60
"""A count takes at most so long; what was not seen in it is missing."""

YEAR_DAYS = 366
"""The count is yearly (rule A03)."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per department: what its last count missed or found elsewhere, or that the count is overdue."""
    today = local_day(evidence.now_ms)
    present = [asset for asset in rows(evidence, "asset") if text(asset, "state") != "disposed"]
    for department, assets in by_field(present, "department").items():
        subject = str(Subject(SubjectKind.DEPARTMENT, department))
        seen = _judge(subject, assets, today)
        if seen is not None:
            yield seen


def _judge(subject: str, assets: Sequence[Record], today: date) -> Sighting | None:
    counted = max((one for asset in assets if (one := day(asset, "counted_on")) is not None), default=None)
    oldest = min((one for asset in assets if (one := day(asset, "acquired_on")) is not None), default=today)
    overdue = (today - (counted or oldest)).days > YEAR_DAYS
    missing = [] if counted is None else [asset for asset in assets if _is_missing(asset, counted)]
    elsewhere = [asset for asset in assets if asset not in missing and _is_elsewhere(asset)]
    if not (missing or elsewhere or overdue):
        return None
    names = [text(asset, "asset") for asset in (*missing, *elsewhere)]
    data = {
        "missing": len(missing),
        "elsewhere": len(elsewhere),
        "assets": listed(names) or told(None),
        "booked": len(assets),
        "counted_on": told(counted),
        "days": told((today - counted).days if counted is not None else None),
        "limit_days": YEAR_DAYS,
    }
    evidence = f"{told(counted)}:{'overdue' if overdue else 'counted'}:{fingerprint(names)}"
    return Sighting(subject, evidence, day_start_ms(today), data)


def _is_missing(asset: Record, counted: date) -> bool:
    """Not seen in the department's last count although it was there by then."""
    acquired, seen = day(asset, "acquired_on"), day(asset, "counted_on")
    began = counted - timedelta(COUNT_DAYS)
    return (acquired is None or acquired < began) and (seen is None or seen < began)


def _is_elsewhere(asset: Record) -> bool:
    booked, found = text(asset, "room"), text(asset, "counted_room")
    return bool(booked and found) and booked != found


RULE = Rule(
    rule_id="A03",
    kind="asset.count_mismatch",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="行政事业性国有资产管理条例",
    confidence="secondary",
    examine=examine,
    due_h=336,
)
