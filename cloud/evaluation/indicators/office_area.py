"""Office area in use against what the standard allows those who use it."""

from __future__ import annotations

from datetime import date

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.records.record import Record
from cloud.risk.record_reads import day, number, text
from cloud.risk.rules.area_over import AREA_PER_PERSON_M2


def measure(facts: Facts, period: Period) -> Measured:
    """Area of the offices over the standard area of the people in them; rooms kept after leaving have nobody."""
    last = local_day(span_of(period, facts.now_ms)[1] - 1)
    area = standard = 0.0
    offices = 0
    for room in rows(facts, "room"):
        size, persons = number(room, "area_m2"), number(room, "persons")
        per_person = AREA_PER_PERSON_M2.get(text(room, "grade"))
        if text(room, "use") == "office" and size and persons is not None and per_person is not None:
            offices += 1
            area += size
            standard += 0.0 if is_kept(room, last) else persons * per_person
    return share_of(area, standard, offices=offices, area_m2=round(area), standard_m2=round(standard))


def is_kept(room: Record, last: date) -> bool:
    """Whether its user had left and not yet handed it back."""
    left, returned = day(room, "left_on"), day(room, "returned_on")
    return left is not None and left <= last and (returned is None or returned > last)


INDICATOR = Indicator(
    indicator_id="office_area",
    department="real_estate",
    dimension=Dimension.ECONOMY,
    unit="1",
    orientation=Orientation.LESS,
    bounds=targets(0.6, 1.4),
    measure=measure,
)
