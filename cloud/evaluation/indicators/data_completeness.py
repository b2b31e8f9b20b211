"""How much of the time that counters should have been read was measured.

A counter is due from the first quarter hour that was ever booked of it: before that nobody knew it, and an import of
history need not hold it. One that never counted is due since its device was put up, and not before the device last came
or went, which is all that is known of it. Estimates that bridge a gap are booked energy, but not measured.
"""

from __future__ import annotations

from datetime import date

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.period import Period
from cloud.core.series import SeriesKey
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets
from cloud.telemetry.interval import QUARTER_MS

HOUR_MS = 3_600_000
LAG_MS = HOUR_MS
"""The newest hour may not be booked yet."""


def measure(facts: Facts, period: Period) -> Measured:
    """Measured quarter hours of all counters over those that were due."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    end_ms = min(end_ms, facts.now_ms - LAG_MS) // QUARTER_MS * QUARTER_MS
    begun = _begun(facts, local_day(max(start_ms, end_ms - 1)))
    if not begun:
        return nothing("evaluation.missing.no_counters")
    due = {key: end_ms - max(start_ms, begun_ms) for key, begun_ms in begun.items() if begun_ms < end_ms}
    if not due or end_ms <= start_ms:
        return nothing("evaluation.missing.none_counted", counters=len(begun))
    totals = facts.intervals.total(list(due), start_ms, end_ms)
    measured_ms = sum(one.covered_ms - one.estimated_ms for one in totals.values())
    inputs = {
        "counters": len(due),
        "silent": len(due) - len(totals),
        "measured_hours": round(measured_ms / HOUR_MS),
        "due_hours": round(sum(due.values()) / HOUR_MS),
        "not_yet_known": len(begun) - len(due),
    }
    return Measured(min(1.0, measured_ms / sum(due.values())), inputs)


def _begun(facts: Facts, last: date) -> dict[SeriesKey, int]:
    """Every counter of a device that nobody has taken away by that day, with the time since when it is due."""
    absent = {one.device_id for one in facts.model.devices if not one.is_valid_on(last)}
    put_up = {one.device_id: day_start_ms(one.valid_from) for one in facts.model.devices if one.valid_from is not None}
    known = {
        SeriesKey(device.group, device.device, point.name): max(device.changed_ms, put_up.get(device.device, 0))
        for device in facts.registry.devices({facts.institution_id})
        if device.device not in absent
        for point in device.points
        if point.kind == "counter"
    }
    return {**known, **facts.intervals.first(known)}


INDICATOR = Indicator(
    indicator_id="data_completeness",
    department="information",
    dimension=Dimension.EFFICIENCY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.5, 1.0),
    measure=measure,
)
