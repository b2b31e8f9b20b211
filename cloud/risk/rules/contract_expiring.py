"""F03: a contract that runs out and nothing follows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.risk.occurrence import listed
from cloud.risk.record_reads import by_field, day, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

NOTICE_DAYS = 60
"""A tender takes about two months (rule F03)."""

LAPSED_DAYS = 30
"""A contract that ended longer ago is history, not a task."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per department, about the contract that ends first."""
    today = local_day(evidence.now_ms)
    book = rows(evidence, "contract", first=today - timedelta(LAPSED_DAYS), until=today + timedelta(days=1))
    ending = [
        record
        for record in book
        if not text(record, "successor")
        and (end := day(record, "ends_on")) is not None
        and timedelta(-LAPSED_DAYS) <= end - today <= timedelta(NOTICE_DAYS)
    ]
    for department, records in by_field(ending, "department").items():
        first = min(records, key=lambda one: (text(one, "ends_on"), one.record_id))
        ends_on = day(first, "ends_on")
        data = {
            "contract": text(first, "contract"),
            "title": text(first, "title"),
            "ends_on": text(first, "ends_on"),
            "days": (ends_on - today).days if ends_on is not None else 0,
            "count": len(records),
            "contracts": listed([text(one, "contract") for one in records]),
            "limit_days": NOTICE_DAYS,
        }
        subject = str(Subject(SubjectKind.DEPARTMENT, department))
        yield Sighting(subject, f"{first.record_id}:{text(first, 'ends_on')}", evidence.now_ms, data)


RULE = Rule(
    rule_id="F03",
    kind="finance.contract_expiring",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(),
    basis="政府采购法",
    examine=examine,
    due_h=336,
)
