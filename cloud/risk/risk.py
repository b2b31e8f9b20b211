"""Risk: one entry of the register with its life cycle (ISO 31000): identified, analysed, treated, closed, labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cloud.core.event import Severity
from cloud.risk.rule import TreatmentKind


class RiskStatus(StrEnum):
    """OPEN waits for treatment, TREATING has one under way, HANDLED waits for its label, CLOSED is over."""

    OPEN = "open"
    TREATING = "treating"
    HANDLED = "handled"
    CLOSED = "closed"


class Label(StrEnum):
    """What came of it: the rule was right, was wrong, or nobody can tell. UNKNOWN does not teach."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Treatment:
    """One step against a risk. `reference` is the request or command that carries it out, empty for advice.

    `note` is a person's word, a text key of advice, or the service that a request asks for. A request without
    reference is wanted and not yet opened; `ended_ms` is when it was done or refused.
    """

    kind: TreatmentKind
    at_ms: int
    by: str
    reference: str = ""
    note: str = ""
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """The risk was brought before somebody higher: `to` is a role or an institution id, `reason` a code."""

    at_ms: int
    level: int
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Risk:
    """`likelihood` and `consequence` from 1 to 5; `colour` is their band; `opened_by_event` is the first evidence.

    `data` are the facts of that event; the register keeps a risk open over repeated alarms of the same pair.
    `wants_joint_case` when it is red or more departments than one have a risk at its subject.
    """

    risk_id: str
    institution_id: str
    rule_id: str
    department: str
    subject: str
    likelihood: int
    consequence: int
    colour: Severity
    status: RiskStatus
    opened_ms: int
    due_ms: int
    opened_by_event: str
    data: Mapping[str, Any] = field(default_factory=dict)
    alarm_ids: tuple[str, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    handled_ms: int | None = None
    closed_ms: int | None = None
    label: Label | None = None
    labelled_by: str | None = None
    is_restricted: bool = False
    wants_joint_case: bool = False

    @property
    def score(self) -> int:
        return self.likelihood * self.consequence
