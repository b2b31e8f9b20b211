"""Whether booked meeting rooms are really used."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, share_of, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.risk.record_reads import flag


def measure(facts: Facts, period: Period) -> Measured:
    """Approved bookings that were attended, over those of the period of which it is known."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    known = [
        one
        for one in rows(facts, "booking", start_ms, end_ms)
        if flag(one, "approved") and one.fields.get("attended") is not None
    ]
    attended = sum(flag(one, "attended") for one in known)
    return share_of(attended, len(known), bookings=len(known), attended=attended)


INDICATOR = Indicator(
    indicator_id="room_attendance",
    department="general",
    dimension=Dimension.EFFICIENCY,
    unit="1",
    orientation=Orientation.MORE,
    bounds=targets(0.5, 1.0),
    measure=measure,
)
