"""JointCase: one matter of several departments, with one deadline and approvals side by side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CaseState(StrEnum):
    """OPEN waits for approvals, AGREED has all of them, REFUSED has one against it, CLOSED is over."""

    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Approval:
    """One department's word; `agreed` is None while it has not spoken."""

    department: str
    agreed: bool | None = None
    by: str | None = None
    at_ms: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class JointCase:
    """`opened_by` is a principal or `system`; `lead` the department that closes it, with a word on the `outcome`.

    `risk_ids` are what it answers.
    """

    case_id: str
    institution_id: str
    title: str
    subject: str
    lead: str
    opened_by: str
    opened_ms: int
    due_ms: int
    approvals: tuple[Approval, ...]
    state: CaseState = CaseState.OPEN
    risk_ids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()
    closed_ms: int | None = None
    closed_by: str | None = None
    outcome: str = ""
