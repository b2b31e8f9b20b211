"""The issued outlook of an institution: each rule's incidence within a week, and each department's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cloud.risk.alarm import Alarm
from cloud.risk.analysis import incidence_of
from cloud.risk.incidence import Outlook
from cloud.risk.rule import Rule

SETTING = "risk.prediction"
HORIZON_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of one department: alarms per week, and the probability of at least one within the horizon."""

    rate_per_week: float
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Made at `made_ms` for the `horizon_days` that follow. Restricted rules are in no department's figure."""

    made_ms: int
    horizon_days: float
    rules: Mapping[str, Outlook] = field(default_factory=dict)
    departments: Mapping[str, Expected] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Any) -> Prediction | None:
        """From the form in which it is kept; None when none was issued."""
        if not isinstance(value, Mapping):
            return None
        return cls(
            made_ms=value["made_ms"],
            horizon_days=value["horizon_days"],
            rules={rule_id: Outlook(**one) for rule_id, one in value["rules"].items()},
            departments={department: Expected(**one) for department, one in value["departments"].items()},
        )

    def written(self) -> dict[str, Any]:
        return asdict(self)


def predict(
    rules: Iterable[Rule],
    alarms: Sequence[Alarm],
    *,
    department_of: Callable[[str], str],
    watched_since_ms: int,
    now_ms: int,
) -> Prediction:
    """The outlook from an institution's alarms. Rules of a department count as independent of each other."""
    outlooks: dict[str, Outlook] = {}
    of_department: dict[str, list[Outlook]] = {}
    for rule in rules:
        outlooks[rule.rule_id] = incidence_of(
            alarms, rule.rule_id, watched_since_ms=watched_since_ms, now_ms=now_ms, horizon_days=HORIZON_DAYS
        )
        if not rule.is_restricted:
            of_department.setdefault(department_of(rule.kind), []).append(outlooks[rule.rule_id])
    departments = {
        department: Expected(
            rate_per_week=math.fsum(one.rate_per_week for one in own),
            probability=1 - math.prod(1 - one.probability for one in own),
        )
        for department, own in sorted(of_department.items())
    }
    return Prediction(now_ms, HORIZON_DAYS, outlooks, departments)
