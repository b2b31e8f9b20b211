"""Fuel of the vehicles against what the vehicle book says they need."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import driven, rows, targets, trailing
from cloud.risk.record_reads import number, text


def measure(facts: Facts, period: Period) -> Measured:
    """Litres of a quarter over kilometres times the booked litres per 100 km, of all vehicles together."""
    start_ms, end_ms = trailing(facts, period)
    booked = {text(one, "vehicle"): number(one, "litres_per_100km") for one in rows(facts, "vehicle_book")}
    litres = expected = 0.0
    vehicles = 0
    for one in driven(rows(facts, "fuel_card", start_ms, end_ms)):
        per_100km = booked.get(one.vehicle)
        if per_100km:
            vehicles += 1
            litres += one.litres
            expected += one.km * per_100km / 100
    return share_of(litres, expected, vehicles=vehicles, litres=round(litres), expected_litres=round(expected))


INDICATOR = Indicator(
    indicator_id="fuel_ratio",
    department="vehicle",
    dimension=Dimension.GREEN,
    unit="1",
    orientation=Orientation.LESS,
    bounds=targets(0.7, 1.5),
    measure=measure,
)
