"""Whether the safety inspections of the rooms are in date."""

from __future__ import annotations

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.risk.record_reads import day


def measure(facts: Facts, period: Period) -> Measured:
    """Rooms whose next inspection was not yet due at the end of the period, over those that have a due day."""
    last = local_day(span_of(period, facts.now_ms)[1] - 1)
    due = [on for one in rows(facts, "room") if (on := day(one, "inspection_due_on")) is not None]
    in_date = sum(on >= last for on in due)
    return share_of(in_date, len(due), rooms=len(due), overdue=len(due) - in_date)


INDICATOR = Indicator(
    indicator_id="inspections_in_date",
    department="real_estate",
    dimension=Dimension.SAFETY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.7, 1.0),
    measure=measure,
)
