"""R02: an office that was not given back after its user had left the post."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.risk.record_reads import day, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

RETURN_DAYS = 30
"""Days after leaving in which a room is to be given back (rule R02)."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per room; an approval to keep it ends the matter."""
    today = local_day(evidence.now_ms)
    for room in rows(evidence, "room"):
        left_on, returned_on = day(room, "left_on"), day(room, "returned_on")
        if left_on is None or text(room, "approval") or (returned_on is not None and returned_on >= left_on):
            continue
        kept_days = (today - left_on).days
        if kept_days > RETURN_DAYS:
            due_ms = day_start_ms(left_on + timedelta(RETURN_DAYS))
            data = {"days": kept_days, "limit_days": RETURN_DAYS}
            yield Sighting(room.subject, left_on.isoformat(), due_ms, data)


RULE = Rule(
    rule_id="R02",
    kind="real_estate.room_kept",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="党政机关办公用房管理办法",
    examine=examine,
    due_h=240,
    is_restricted=True,
)
