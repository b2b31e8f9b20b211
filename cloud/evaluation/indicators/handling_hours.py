"""How fast risks are handled."""

from __future__ import annotations

from statistics import median

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import risks_until, targets

HOUR_MS = 3_600_000


def measure(facts: Facts, period: Period) -> Measured:
    """Median hours from the opening of a risk to its handling, of those handled in the period."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    known = risks_until(facts, end_ms)
    hours = [
        (one.handled_ms - one.opened_ms) / HOUR_MS
        for one in known
        if one.handled_ms is not None and start_ms <= one.handled_ms < end_ms
    ]
    if not hours:
        return nothing("evaluation.not_applicable.none_handled")
    return Measured(median(hours), {"handled": len(hours), "longest_hours": round(max(hours), 2)})


INDICATOR = Indicator(
    indicator_id="handling_hours",
    department="safety",
    dimension=Dimension.EFFICIENCY,
    unit="h",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 168.0),
    measure=measure,
)
