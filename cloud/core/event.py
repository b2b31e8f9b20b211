"""Event: what happened, where, when, which department answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Severity(IntEnum):
    """Four colours of the Chinese risk scale; INFO is no risk."""

    INFO = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about a Subject of the institution model.

    `kind` is a dotted code (`energy.threshold_breach`); `department` the id of the one that answers;
    `is_late` when it became known long after it happened. `is_restricted` when it concerns a person: only those who
    answer for the department may read it. The same `event_id` is the same event.
    """

    event_id: str
    institution_id: str
    kind: str
    department: str
    severity: Severity
    subject: str
    occurred_ms: int
    received_ms: int
    is_late: bool = False
    is_restricted: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with its place in the log; consumers keep the last `position` they have handled."""

    position: int
    event: Event
