"""How well the pool of vehicles is used."""

from __future__ import annotations

from datetime import timedelta

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import approved_orders, rows, targets
from cloud.risk.record_reads import text


def measure(facts: Facts, period: Period) -> Measured:
    """Pairs of vehicle and working day with an approved order, over all such pairs of the period."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    vehicles = {text(one, "vehicle") for one in rows(facts, "vehicle_book")}
    first = local_day(start_ms)
    days = [first + timedelta(days=number) for number in range((local_day(end_ms - 1) - first).days + 1)]
    workdays = {one for one in days if facts.calendar.is_workday(one)}
    used = {
        (text(one, "vehicle"), local_day(one.start_ms))
        for one in approved_orders(rows(facts, "vehicle_order", start_ms, end_ms))
    }
    in_pool = [pair for pair in used if pair[0] in vehicles and pair[1] in workdays]
    possible = len(vehicles) * len(workdays)
    return share_of(len(in_pool), possible, vehicles=len(vehicles), workdays=len(workdays), used_days=len(in_pool))


INDICATOR = Indicator(
    indicator_id="vehicle_use",
    department="vehicle",
    dimension=Dimension.EFFICIENCY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.0, 0.9),
    measure=measure,
)
