"""What evaluation stores: measured indicators, human answers, and one evaluation of a period with every term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """One indicator of one department in one period (`2026-10`), measured from stored rows.

    `value` is None with `missing` telling why (a text key); `efficacy` is its place between the indicator's bounds,
    0 to 1, `clipped` when it lay outside. `inputs` are the figures it was worked out from.
    """

    institution_id: str
    period: str
    department: str
    indicator: str
    value: float | None
    efficacy: float | None
    clipped: bool = False
    missing: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    measured_ms: int = 0


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One person's scores of one department, 1 to 5 by dimension; the same person again replaces them.

    `counts` is False for what the judged say of themselves: kept, shown, and left out of the score.
    """

    institution_id: str
    period: str
    department: str
    by: str
    by_role: str
    scores: Mapping[str, int]
    at_ms: int
    comment: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole evaluation of one period as it was published: `content` is JSON with matrix, synergy, coupling and
    benchmark, every term shown."""

    institution_id: str
    period: str
    made_ms: int
    content: Mapping[str, Any]
