"""How many departments a joint matter has to pass."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets

MANY = 100_000


def measure(facts: Facts, period: Period) -> Measured:
    """Mean number of departments asked for their word, of the joint cases opened in the period."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    cases = facts.service.cases.cases({facts.institution_id}, limit=MANY)
    asked = [len(one.approvals) for one in cases if start_ms <= one.opened_ms < end_ms]
    if not asked:
        return nothing("evaluation.not_applicable.no_cases")
    return Measured(sum(asked) / len(asked), {"cases": len(asked), "most": max(asked)})


INDICATOR = Indicator(
    indicator_id="departments_per_case",
    department="general",
    dimension=Dimension.COORDINATION,
    unit="departments",
    orientation=Orientation.LESS,
    bounds=targets(1.0, 8.0),
    measure=measure,
)
