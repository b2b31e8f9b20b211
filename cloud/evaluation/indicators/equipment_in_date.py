"""Whether the inspections of lifts, boilers, extinguishers and the like are in date."""

from __future__ import annotations

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.risk.record_reads import day


def measure(facts: Facts, period: Period) -> Measured:
    """Equipment whose inspection was not overdue on the last day of the period, over all that has a due day."""
    last = local_day(span_of(period, facts.now_ms)[1] - 1)
    due = [on for one in rows(facts, "equipment") if (on := day(one, "due_on")) is not None]
    overdue = sum(on < last for on in due)
    return share_of(len(due) - overdue, len(due), equipment=len(due), overdue=overdue)


INDICATOR = Indicator(
    indicator_id="equipment_in_date",
    department="safety",
    dimension=Dimension.SAFETY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.7, 1.0),
    measure=measure,
)
