"""Whether requests are finished within their service level."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import NONE_FINISHED, finished_in, targets


def measure(facts: Facts, period: Period) -> Measured:
    """Requests of every service finished in the period by their deadline, over all finished in it."""
    finished = finished_in(facts, period)
    late = sum(one.done_ms is not None and one.done_ms > one.finish_by_ms for one in finished)
    return share_of(len(finished) - late, len(finished), NONE_FINISHED, finished=len(finished), late=late)


INDICATOR = Indicator(
    indicator_id="requests_in_time",
    department="general",
    dimension=Dimension.SERVICE,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.5, 1.0),
    measure=measure,
)
