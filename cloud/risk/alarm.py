"""Alarm: a condition that needs a person's response, with the states of ISA-18.2 / IEC 62682."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cloud.core.event import Severity


class AlarmState(StrEnum):
    """PENDING waits for its on-delay; RETURNED is over but unacknowledged; CLOSED is normal again."""

    PENDING = "pending"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One condition of one rule on one subject, from its first event to normal. At most one per pair is not CLOSED.

    `active` is whether the condition holds now, `changed_ms` when it began or ended to, `ended_ms` when it last stopped
    holding (the off-delay runs from it), `transitions_ms` its newest changes. `holding` is what holds and when it was
    last known to, for rules that see several things at one subject. `announced_ms` is when people were told; None while
    PENDING, and for ever when the condition was over before its on-delay. `risk_id` is its entry of the register.
    """

    alarm_id: str
    institution_id: str
    rule_id: str
    department: str
    subject: str
    severity: Severity
    state: AlarmState
    active: bool
    opened_ms: int
    last_seen_ms: int
    count: int = 1
    ended_ms: int | None = None
    acknowledged_by: str | None = None
    acknowledged_ms: int | None = None
    shelved_by: str | None = None
    shelved_reason: str | None = None
    shelved_until_ms: int | None = None
    closed_ms: int | None = None
    event_ids: tuple[str, ...] = ()
    is_late: bool = False
    is_restricted: bool = False
    announced_ms: int | None = None
    changed_ms: int = 0
    transitions_ms: tuple[int, ...] = ()
    holding: Mapping[str, int] = field(default_factory=dict)
    risk_id: str | None = None

    @property
    def pair(self) -> tuple[str, str, str]:
        """Institution, rule and subject: what at most one open alarm is about."""
        return self.institution_id, self.rule_id, self.subject

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to acknowledge it."""
        return self.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)
