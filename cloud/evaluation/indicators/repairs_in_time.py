"""Whether repairs are done within their service level."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import NONE_FINISHED, finished_in, targets

SERVICE = "repair"


def measure(facts: Facts, period: Period) -> Measured:
    """Repairs finished in the period by their deadline, over all finished in it."""
    finished = [one for one in finished_in(facts, period) if one.service == SERVICE]
    in_time = sum(one.done_ms is not None and one.done_ms <= one.finish_by_ms for one in finished)
    return share_of(in_time, len(finished), NONE_FINISHED, finished=len(finished), in_time=in_time)


INDICATOR = Indicator(
    indicator_id="repairs_in_time",
    department="real_estate",
    dimension=Dimension.SERVICE,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.5, 1.0),
    measure=measure,
)
