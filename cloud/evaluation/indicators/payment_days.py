"""How long suppliers wait for their money."""

from __future__ import annotations

from statistics import median

from cloud.core.calendar import day_start_ms
from cloud.core.period import DAY_MS, Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.risk.record_reads import day

LONGEST_DAYS = 400
"""Invoices booked longer ago are not looked for."""


def measure(facts: Facts, period: Period) -> Measured:
    """Median days from booking to payment of the invoices paid in the period."""
    start_ms, end_ms = span_of(period, facts.now_ms)
    waits: list[int] = []
    for invoice in rows(facts, "invoice", start_ms - LONGEST_DAYS * DAY_MS, end_ms):
        booked, paid = day(invoice, "booked_on"), day(invoice, "paid_on")
        if booked is not None and paid is not None and start_ms <= day_start_ms(paid) < end_ms:
            waits.append((paid - booked).days)
    if not waits:
        return nothing()
    return Measured(float(median(waits)), {"invoices": len(waits), "longest_days": max(waits)})


INDICATOR = Indicator(
    indicator_id="payment_days",
    department="finance",
    dimension=Dimension.EFFICIENCY,
    unit="d",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 60.0),
    measure=measure,
)
