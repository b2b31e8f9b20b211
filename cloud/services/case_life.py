"""The life of a joint case: opened with its departments, spoken on side by side, closed by the lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cloud.services.joint_case import Approval, CaseState, JointCase
from foundation.errors import DomainError

LEAST_DEPARTMENTS = 2
LONGEST_MS = 10 * 366 * 86_400_000
"""No matter takes longer from its opening to its deadline."""


def opened(case: JointCase, departments: Sequence[str], known: Sequence[str]) -> JointCase:
    """The case as it is entered, waiting for the word of every department.

    The lead is one of them. Raises DomainError 422 for no title, fewer than two departments, an unknown one, or a
    deadline that has passed or is years away.
    """
    asked = list(dict.fromkeys([case.lead, *departments]))
    for department in asked:
        if department not in known:
            raise DomainError("error.department_unknown", department=department)
    if not case.title.strip():
        raise DomainError("error.name_missing")
    if len(asked) < LEAST_DEPARTMENTS:
        raise DomainError("error.case_of_one_department")
    if case.due_ms <= case.opened_ms:
        raise DomainError("error.due_in_the_past")
    if case.due_ms - case.opened_ms > LONGEST_MS:
        raise DomainError("error.span_too_long", most_s=LONGEST_MS // 1000)
    return replace(case, title=case.title.strip(), approvals=tuple(Approval(one) for one in asked))


def closed(case: JointCase, *, by: str, at_ms: int, note: str) -> JointCase:
    """The case after its end; one that still waits for words is closed only when its deadline has passed.

    Raises DomainError: 409 when it is closed already or still waits, 422 without a word on the outcome.
    """
    if case.state is CaseState.CLOSED:
        raise DomainError("error.already_decided", 409, state=case.state.value)
    if case.state is CaseState.OPEN and not is_late(case, at_ms):
        raise DomainError("error.case_still_open", 409, waiting=", ".join(waiting_for(case)))
    if not note.strip():
        raise DomainError("error.reason_missing")
    return replace(case, state=CaseState.CLOSED, closed_ms=at_ms, closed_by=by, outcome=note.strip())


def waiting_for(case: JointCase) -> list[str]:
    """Departments that have not spoken, in the order in which they were asked."""
    return [one.department for one in case.approvals if one.agreed is None]


def is_late(case: JointCase, now_ms: int) -> bool:
    """Whether the common deadline has passed while somebody's word or the closing is still missing."""
    return case.state is not CaseState.CLOSED and now_ms > case.due_ms
