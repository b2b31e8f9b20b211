"""R04: rooms whose structure should have been inspected more than a month ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.risk.occurrence import listed
from cloud.risk.record_reads import by_field, day, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting, TreatmentKind

GRACE_DAYS = 30
"""Rule R04: overdue by more than this."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per building with all its overdue rooms."""
    today = local_day(evidence.now_ms)
    overdue = [
        room
        for room in rows(evidence, "room")
        if (due := day(room, "inspection_due_on")) is not None
        and (today - due).days > GRACE_DAYS
        and ((done := day(room, "inspected_on")) is None or done < due)
    ]
    for building, rooms in by_field(overdue, "building").items():
        due = min(one for room in rooms if (one := day(room, "inspection_due_on")) is not None)
        data = {
            "count": len(rooms),
            "rooms": listed([text(room, "room") for room in rooms]),
            "due_on": due.isoformat(),
            "days": (today - due).days,
            "limit_days": GRACE_DAYS,
        }
        since_ms = day_start_ms(due + timedelta(GRACE_DAYS))
        yield Sighting(str(Subject(SubjectKind.BUILDING, building)), due.isoformat(), since_ms, data)


RULE = Rule(
    rule_id="R04",
    kind="real_estate.inspection_overdue",
    severity=Severity.YELLOW,
    consequence=3,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="党政机关办公用房管理办法",
    examine=examine,
    due_h=336,
)
