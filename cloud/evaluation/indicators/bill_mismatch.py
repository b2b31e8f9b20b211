"""How far the energy bills are from what the meters counted."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import FULL_SHARE, Source
from cloud.energy.deliveries import Delivery, deliveries
from cloud.energy.metered import COUNTERS, count, metered
from cloud.energy.place import main_meters, meters_of
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets


def measure(facts: Facts, period: Period) -> Measured:
    """Mean of |billed - metered| / metered of the bills that ended in the period and whose meters ran all the time."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    bills = deliveries(rows(facts, "energy_bill", start_ms, end_ms), [], facts.account_books.densities).known
    ended = [one for one in bills if start_ms < one.end_ms <= end_ms and one.carrier in COUNTERS]
    gaps = [gap for bill in ended if (gap := _gap(facts, bill)) is not None]
    if not gaps:
        return nothing("evaluation.missing.no_metered_bills", bills=len(ended))
    return Measured(sum(gaps) / len(gaps), {"bills": len(ended), "compared": len(gaps), "largest": round(max(gaps), 4)})


def _gap(facts: Facts, bill: Delivery) -> float | None:
    meters = meters_of(main_meters(facts.model, bill.start_ms, bill.end_ms), Carrier(bill.carrier), bill.building_id)
    counted = count(meters, facts.intervals)
    found = metered(meters, counted, bill.start_ms, bill.end_ms, {one.building_id for one in meters})
    if found is None or found.source is not Source.METER or found.covered_share < FULL_SHARE or not found.quantity:
        return None
    return abs(bill.quantity - found.quantity) / found.quantity


INDICATOR = Indicator(
    indicator_id="bill_mismatch",
    department="finance",
    dimension=Dimension.COORDINATION,
    unit="1",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 0.2),
    measure=measure,
)
