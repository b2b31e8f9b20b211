"""Energy of the institution per person and year, in standard coal by the calorific convention."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.energy_use import measured_by
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets


def measure(facts: Facts, period: Period) -> Measured:
    """Of the account of the period, scaled to a year by days."""
    return measured_by(facts, period, "energy_per_person")


INDICATOR = Indicator(
    indicator_id="energy_per_person",
    department="energy",
    dimension=Dimension.GREEN,
    unit="kgce/(person·a)",
    orientation=Orientation.LESS,
    bounds=targets(50.0, 450.0),
    measure=measure,
)
