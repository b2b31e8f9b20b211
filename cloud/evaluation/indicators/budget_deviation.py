"""How far spending has drifted from the budget."""

from __future__ import annotations

from cloud.core.period import Period
from cloud.evaluation.indicator import Dimension, Facts, Indicator, Measured, nothing, span_of
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import rows, targets
from cloud.records.record import Record
from cloud.risk.record_reads import text, yuan


def measure(facts: Facts, period: Period) -> Measured:
    """|spent / planned - 1| of the running budget lines: planned is the part of each whose time has passed.

    Spent are invoices of a line's department and category, and energy bills that are not among the invoices.
    """
    end_ms = span_of(period, facts.now_ms)[1]
    lines = [one for one in rows(facts, "budget", end_ms=end_ms) if one.end_ms >= end_ms > one.start_ms]
    planned = sum((yuan(one, "amount") or 0.0) * (end_ms - one.start_ms) / (one.end_ms - one.start_ms) for one in lines)
    if not planned:
        return nothing()
    first_ms = min(one.start_ms for one in lines)
    invoices = [one for one in rows(facts, "invoice", first_ms, end_ms) if _is_planned(one, lines)]
    spent = sum(yuan(one, "amount") or 0.0 for one in invoices)
    if any(text(one, "category") == "energy" for one in lines):
        numbers = {text(one, "invoice") for one in rows(facts, "invoice", first_ms)}
        bills = [one for one in rows(facts, "energy_bill", first_ms, end_ms) if one.end_ms <= end_ms]
        spent += sum(yuan(one, "amount") or 0.0 for one in bills if text(one, "invoice") not in numbers - {""})
    inputs = {"lines": len(lines), "planned_yuan": round(planned), "spent_yuan": round(spent)}
    return Measured(abs(spent / planned - 1), inputs)


def _is_planned(invoice: Record, lines: list[Record]) -> bool:
    return any(
        line.start_ms <= invoice.start_ms < line.end_ms
        and all(text(invoice, name) == text(line, name) for name in ("department", "category"))
        for line in lines
    )


INDICATOR = Indicator(
    indicator_id="budget_deviation",
    department="finance",
    dimension=Dimension.ECONOMY,
    unit="1",
    orientation=Orientation.LESS,
    bounds=targets(0.0, 0.5),
    measure=measure,
)
