"""S06: lifts, boilers, extinguishers and the like whose inspection is due or past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.records.record import Record
from cloud.risk.occurrence import listed
from cloud.risk.record_reads import day, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting, TreatmentKind

NOTICE_DAYS = 30
"""Rule S06: yellow within a month, orange once past."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per building with all that is due; equipment without a building stands for itself."""
    today = local_day(evidence.now_ms)
    due: dict[str, list[tuple[date, Record]]] = defaultdict(list)
    for record in rows(evidence, "equipment"):
        due_on, building = day(record, "due_on"), text(record, "building")
        if due_on is not None and (due_on - today).days <= NOTICE_DAYS:
            subject = str(Subject(SubjectKind.BUILDING, building)) if building else record.subject
            due[subject].append((due_on, record))
    for subject, found in due.items():
        first = min(due_on for due_on, _ in found)
        past = sum(due_on < today for due_on, _ in found)
        data = {
            "count": len(found),
            "past": past,
            "equipment": listed([text(record, "equipment") for _, record in found]),
            "due_on": first.isoformat(),
            "days": (first - today).days,
            "limit_days": NOTICE_DAYS,
        }
        severity = Severity.ORANGE if past else Severity.YELLOW
        yield Sighting(subject, f"{first}:{'past' if past else 'due'}", evidence.now_ms, data, severity)


RULE = Rule(
    rule_id="S06",
    kind="safety.equipment_due",
    severity=Severity.ORANGE,
    consequence=4,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="特种设备安全法; 消防法",
    examine=examine,
    due_h=168,
)
