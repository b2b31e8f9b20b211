"""How many grave risks were open at the end of the period."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import risks_until, targets


def measure(facts: Facts, period: Period) -> Measured:
    """Orange and red risks of all departments that were open then; without a register there is nothing to count."""
    end_ms = span_of(period, facts.now_ms)[1]
    known = risks_until(facts, end_ms)
    if not known:
        return nothing("evaluation.missing.no_risks")
    still_open = [
        one for one in known if one.colour >= Severity.ORANGE and (one.closed_ms is None or one.closed_ms >= end_ms)
    ]
    red = sum(one.colour is Severity.RED for one in still_open)
    return Measured(float(len(still_open)), {"registered": len(known), "open": len(still_open), "red": red})


INDICATOR = Indicator(
    indicator_id="open_high_risks",
    department="safety",
    dimension=Dimension.SAFETY,
    unit="risks",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 20.0),
    measure=measure,
)
