"""How much of what the vehicles drove stands on approved orders."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import approved_orders, driven, rows, targets, trailing
from cloud.risk.record_reads import number, text


def measure(facts: Facts, period: Period) -> Measured:
    """Kilometres of approved orders over those of the odometers at the pump, in a quarter; at most all of them."""
    start_ms, end_ms = trailing(facts, period)
    spans = {one.vehicle: one for one in driven(rows(facts, "fuel_card", start_ms, end_ms))}
    orders = approved_orders(rows(facts, "vehicle_order", start_ms, end_ms))
    ordered_km = dict.fromkeys(spans, 0.0)
    for order in orders:
        span = spans.get(text(order, "vehicle"))
        if span is not None and span.start_ms <= order.start_ms < span.end_ms:
            ordered_km[span.vehicle] += number(order, "distance_km") or 0.0
    matched = sum(min(ordered_km[vehicle], span.km) for vehicle, span in spans.items())
    driven_km = sum(one.km for one in spans.values())
    return share_of(matched, driven_km, vehicles=len(spans), driven_km=round(driven_km), ordered_km=round(matched))


INDICATOR = Indicator(
    indicator_id="ordered_distance",
    department="vehicle",
    dimension=Dimension.COORDINATION,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.0, 1.0),
    measure=measure,
)
