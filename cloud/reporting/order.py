"""ReportOrder: somebody wants a report of a period; a job makes it, and its sealed package lies on the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OrderState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """`report` is the id of a report, `period` such as `2026-10`; `progress` from 0 to 1, `step` a text key.

    With `known_at_ms` it is made of what was known at that time, and is no issue of its own. `package` is the file name
    on the shelf, `digest` its SHA-256 and `size` its bytes once DONE; `error` one line once FAILED.
    """

    order_id: str
    institution_id: str
    report: str
    period: str
    ordered_by: str
    ordered_ms: int
    state: OrderState = OrderState.QUEUED
    progress: float = 0.0
    step: str = ""
    package: str | None = None
    digest: str | None = None
    error: str | None = None
    finished_ms: int | None = None
    size: int | None = None
    known_at_ms: int | None = None

    @property
    def made_ms(self) -> int:
        """The only now of the report: what became known later is not in it."""
        return self.ordered_ms if self.known_at_ms is None else self.known_at_ms
