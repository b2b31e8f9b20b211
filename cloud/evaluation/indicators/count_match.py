"""How well the asset book agrees with what was found when counting."""

from __future__ import annotations

from datetime import date, timedelta

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.records.record import Record
from cloud.risk.record_reads import day, text

YEAR = timedelta(days=366)
NEW = timedelta(days=92)
"""An asset acquired so lately need not have been counted."""


def measure(facts: Facts, period: Period) -> Measured:
    """Assets counted within a year and found where the book says, over all that should have been counted."""
    last = local_day(span_of(period, facts.now_ms)[1] - 1)
    due = [one for one in rows(facts, "asset") if text(one, "state") != "disposed" and _is_due(one, last)]
    counted = [one for one in due if (on := day(one, "counted_on")) is not None and on > last - YEAR]
    matched = [one for one in counted if text(one, "counted_room") in ("", text(one, "room"))]
    return share_of(len(matched), len(due), due=len(due), counted=len(counted), matched=len(matched))


def _is_due(asset: Record, last: date) -> bool:
    acquired = day(asset, "acquired_on")
    return acquired is None or acquired <= last - NEW


INDICATOR = Indicator(
    indicator_id="count_match",
    department="asset",
    dimension=Dimension.COORDINATION,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.7, 1.0),
    measure=measure,
)
