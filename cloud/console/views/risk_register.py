"""The register as somebody may see it: what a filter leaves, how it lies in the matrix, and the outlook of a week."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.console.views.newest_events import EVERY
from cloud.core.access import Principal
from cloud.core.event import Severity
from cloud.desks.door import DoorServices
from cloud.desks.risks import risks_for
from cloud.desks.rules import predictions_for
from cloud.risk.prediction import Prediction
from cloud.risk.risk import Risk, RiskStatus

OPEN, ALL = "not_closed", "all"
Cell = tuple[int, int]
"""Likelihood and consequence, each from 1 to 5."""

_UNDER_WAY = (RiskStatus.OPEN, RiskStatus.TREATING)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the register is narrowed to; `status` is one of the risk's, `not_closed` or `all`."""

    department: str = EVERY
    colour: str = EVERY
    status: str = OPEN
    cell: Cell | None = None

    def takes(self, risk: Risk) -> bool:
        return (
            self.department in (EVERY, risk.department)
            and self.colour in (EVERY, risk.colour.name.lower())
            and (self.status in (ALL, risk.status.value) or (self.status == OPEN and not _is_closed(risk)))
            and self.cell in (None, (risk.likelihood, risk.consequence))
        )

    def without_cell(self) -> Choice:
        return replace(self, cell=None)


@dataclass(frozen=True, slots=True)
class ChanceLine:
    """What is expected of a rule or a department: alarms per week, and the probability of one within the horizon.

    `low` to `high` is the central 90 % of the rate; None for a department, whose rules are added up.
    """

    name: str
    rate_per_week: float
    probability: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class WeekOutlook:
    """`made_ms` is the oldest of the institutions' outlooks; None when none was issued yet."""

    made_ms: int | None
    departments: tuple[ChanceLine, ...] = ()
    rules: tuple[ChanceLine, ...] = ()


def read_register(services: DoorServices, principal: Principal) -> tuple[Risk, ...]:
    """The worst first, then the one that is due first; raises DomainError 403."""
    risks = risks_for(services, principal, principal.institution_ids)
    return tuple(sorted(risks, key=lambda one: (-one.colour, -one.score, one.due_ms)))


def read_outlook(services: DoorServices, principal: Principal) -> WeekOutlook:
    return outlook_over(predictions_for(services, principal, principal.institution_ids).values())


def outlook_over(predictions: Collection[Prediction]) -> WeekOutlook:
    """Several institutions count as independent: rates add up, at least one alarm anywhere is told."""
    if not predictions:
        return WeekOutlook(None)
    departments = [(name, ChanceLine(name, one.rate_per_week, one.probability)) for each in predictions
                   for name, one in each.departments.items()]  # fmt: skip
    rules = [(name, ChanceLine(name, one.rate_per_week, one.probability, one.low, one.high)) for each in predictions
             for name, one in each.rules.items()]  # fmt: skip
    return WeekOutlook(min(one.made_ms for one in predictions), _together(departments), _together(rules))


def by_colour(risks: Iterable[Risk]) -> Mapping[Severity, int]:
    return Counter(one.colour for one in risks)


def by_cell(risks: Iterable[Risk]) -> Mapping[Cell, int]:
    return Counter((one.likelihood, one.consequence) for one in risks)


def is_overdue(risk: Risk, now_ms: int) -> bool:
    """Whether its treatment is past its time."""
    return risk.status in _UNDER_WAY and now_ms >= risk.due_ms


def _is_closed(risk: Risk) -> bool:
    return risk.status is RiskStatus.CLOSED


def _together(named: Sequence[tuple[str, ChanceLine]]) -> tuple[ChanceLine, ...]:
    """One line per name, the most probable first; the interval of a sum is not the sum of intervals, so it is left."""
    found: dict[str, list[ChanceLine]] = {}
    for name, line in named:
        found.setdefault(name, []).append(line)
    lines = [
        same[0]
        if len(same) == 1
        else ChanceLine(
            name,
            math.fsum(one.rate_per_week for one in same),
            1 - math.prod(1 - one.probability for one in same),
        )
        for name, same in found.items()
    ]
    return tuple(sorted(lines, key=lambda one: (-one.probability, one.name)))
