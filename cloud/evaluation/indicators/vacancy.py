"""How much of the office area stands empty."""

from __future__ import annotations

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.risk.record_reads import day, number, text

USABLE = ("office", "meeting", "service", "vacant")


def measure(facts: Facts, period: Period) -> Measured:
    """Area of vacant rooms, and of those whose user had left, over all usable area at the end of the period."""
    last = local_day(span_of(period, facts.now_ms)[1] - 1)
    usable = [one for one in rows(facts, "room") if text(one, "use") in USABLE]
    empty = [one for one in usable if text(one, "use") == "vacant" or ((on := day(one, "left_on")) and on <= last)]
    area, empty_area = (sum(number(one, "area_m2") or 0.0 for one in some) for some in (usable, empty))
    return share_of(empty_area, area, rooms=len(usable), empty=len(empty), empty_m2=round(empty_area))


INDICATOR = Indicator(
    indicator_id="vacancy",
    department="real_estate",
    dimension=Dimension.EFFICIENCY,
    unit="1",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 0.3),
    measure=measure,
)
