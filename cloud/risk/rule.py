"""What a rule of the risk library is: which condition it watches, how bad that is, and what is to be done about it.

A module of `cloud.risk.rules` exports `RULE`. Either detectors already log events of its `kind`, or its `examine`
looks for the condition in the books. Rules are pure: all they may know is in their arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cloud.core.event import Severity
from cloud.core.institution import InstitutionModel
from cloud.core.ports import EventLog, IntervalBook, Registry, TimeSeriesStore
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.ports import EnergyBooks
from cloud.records.ports import RecordBook


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule may look at: one institution's model and the books, read only, at `now_ms`."""

    institution_id: str
    model: InstitutionModel
    now_ms: int
    store: TimeSeriesStore
    intervals: IntervalBook
    registry: Registry
    records: RecordBook
    event_log: EventLog
    energy: EnergyBooks
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class Sighting:
    """The condition holds for `subject`. The same subject and evidence are the same occurrence.

    `data` fills the rule's sentence `risk.rule.<id>.finding`; `severity` overrides the rule's own.
    """

    subject: str
    evidence: str
    occurred_ms: int
    data: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = None


Examine = Callable[[Evidence], Iterable[Sighting]]


class TreatmentKind(StrEnum):
    """What the system may do by itself: words, a service request, a reversible set-point; else people act."""

    ADVICE = "advice"
    REQUEST = "request"
    SET_POINT = "set_point"


@dataclass(frozen=True, slots=True)
class Playbook:
    """The first step of treatment. `service` is the request to open (code of the service catalogue)."""

    kind: TreatmentKind = TreatmentKind.ADVICE
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`rule_id` as in the library (E06); names, reasons and advice are texts `risk.rule.<rule_id>.name|finding|advice`.

    `kind` is the event that opens the condition, `clears` the one that ends it. An examined rule has `examine`: its
    sightings become events of `kind`, and the condition ends when a later examination no longer sees it.
    `is_restricted` when it concerns a person: only those who answer for its department see it, and it stays out of
    superior's and public views. `basis` names the regulation; `confidence` is verified, secondary or remembered.
    """

    rule_id: str
    kind: str
    severity: Severity
    consequence: int
    playbook: Playbook
    basis: str
    confidence: str = "remembered"
    clears: str | None = None
    examine: Examine | None = None
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    due_h: float = 72.0
    is_restricted: bool = False
