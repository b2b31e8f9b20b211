"""How much of the time every counter of the institution was measured."""

from __future__ import annotations

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.core.series import SeriesKey
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets

LAG_MS = 3_600_000
"""The newest hour may not be booked yet."""


def measure(facts: Facts, period: Period) -> Measured:
    """Booked time of all counters over the time that they stood there."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    end_ms = min(end_ms, facts.now_ms - LAG_MS)
    last = local_day(max(start_ms, end_ms - 1))
    absent = {one.device_id for one in facts.model.devices if not one.is_valid_on(last)}
    keys = [
        SeriesKey(device.group, device.device, point.name)
        for device in facts.registry.devices({facts.institution_id})
        if device.device not in absent
        for point in device.points
        if point.kind == "counter"
    ]
    if not keys or end_ms <= start_ms:
        return nothing("evaluation.missing.no_counters")
    totals = facts.intervals.total(keys, start_ms, end_ms)
    covered_ms = sum(one.covered_ms for one in totals.values())
    return Measured(
        min(1.0, covered_ms / (len(keys) * (end_ms - start_ms))),
        {"counters": len(keys), "silent": len(keys) - len(totals), "covered_hours": round(covered_ms / LAG_MS)},
    )


INDICATOR = Indicator(
    indicator_id="data_completeness",
    department="information",
    dimension=Dimension.EFFICIENCY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.5, 1.0),
    measure=measure,
)
