"""How much of the time the cameras have reported."""

from __future__ import annotations

from cloud.core.period import DAY_MS, Period
from cloud.core.series import SeriesKey
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets

POINT = "Camera/Online"
LEAST_DAYS = 7
"""Fewer days behind the first report say nothing of a month."""


def measure(facts: Facts, period: Period) -> Measured:
    """Days with reports over days since the first report in the period, of all cameras."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    cameras = [
        SeriesKey(one.group, one.device, POINT)
        for one in facts.registry.devices({facts.institution_id})
        if any(point.name == POINT for point in one.points)
    ]
    days = [
        {
            sample.measured_ms
            for sample in facts.store.series(key, start_ms, end_ms, window_ms=DAY_MS, aggregate="count")
        }
        for key in cameras
    ]
    first_ms = min((one for of_camera in days for one in of_camera), default=end_ms)
    possible = -(-(end_ms - first_ms) // DAY_MS)
    if possible < LEAST_DAYS:
        return nothing("evaluation.missing.no_reports", cameras=len(cameras))
    reported = sum(len(of_camera) for of_camera in days)
    return Measured(min(1.0, reported / (possible * len(cameras))), {"cameras": len(cameras), "days": possible})


INDICATOR = Indicator(
    indicator_id="camera_availability",
    department="safety",
    dimension=Dimension.SAFETY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.8, 1.0),
    measure=measure,
)
