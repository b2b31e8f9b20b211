"""F01: a budget that will not last to the end of its year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.core.period import DAY_MS
from cloud.records.record import Record
from cloud.risk.bills import Bill, bills
from cloud.risk.record_reads import rows, text, yuan
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

MOST_PROJECTED = 1.0
MOST_USED_EARLY = 0.8
LAST_QUARTER_FROM = 0.75
"""Spending projected above the budget, or four fifths used before the last quarter of its period (rule F01)."""

LEAST_ELAPSED = 0.25
"""A quarter of the period must have passed before its pace tells anything."""

ENERGY = "energy"


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per running budget line; its pace so far is carried on to the end of the period."""
    today = local_day(evidence.now_ms)
    lines = [one for one in rows(evidence, "budget") if one.start_ms <= evidence.now_ms < one.end_ms]
    if not lines:
        return
    first = min(local_day(line.start_ms) for line in lines)
    invoices = rows(evidence, "invoice", first=first)
    energy_bills = bills(evidence, first, today)
    has_one_energy_line = sum(text(line, "category") == ENERGY for line in lines) == 1
    for line in lines:
        own_bills = energy_bills if has_one_energy_line and text(line, "category") == ENERGY else []
        seen = _judge(line, _spent(line, invoices, own_bills), evidence.now_ms)
        if seen is not None:
            yield seen


def _judge(line: Record, spent: float, now_ms: int) -> Sighting | None:
    budget = yuan(line, "amount")
    elapsed = (now_ms - line.start_ms) / (line.end_ms - line.start_ms)
    if not budget or elapsed < LEAST_ELAPSED:
        return None
    used, projected = spent / budget, spent / budget / elapsed
    if projected <= MOST_PROJECTED and not (used >= MOST_USED_EARLY and elapsed < LAST_QUARTER_FROM):
        return None
    data = {
        "category": text(line, "category"),
        "budget_yuan": round(budget),
        "spent_yuan": round(spent),
        "used_percent": round(100 * used),
        "projected_percent": round(100 * projected),
        "elapsed_percent": round(100 * elapsed),
    }
    return Sighting(line.subject, f"{line.record_id}:{local_day(now_ms):%Y-%m}", now_ms, data)


def _spent(line: Record, invoices: Sequence[Record], energy_bills: Sequence[Bill]) -> float:
    """Yuan booked on this line: invoices of its department and category, and energy bills not among the invoices."""
    booked = [
        one
        for one in invoices
        if line.start_ms <= one.start_ms < line.end_ms
        and all(text(one, name) == text(line, name) for name in ("department", "category"))
    ]
    numbers = {text(one, "invoice") for one in invoices}
    paid = sum(yuan(one, "amount") or 0.0 for one in booked)
    return paid + sum(
        _share(bill, line) * (bill.cost or 0.0)
        for bill in energy_bills
        if not bill.invoice or bill.invoice not in numbers
    )


def _share(bill: Bill, line: Record) -> float:
    """Part of the bill's period that lies in the budget's."""
    within_ms = min(bill.end_ms, line.end_ms) - max(bill.start_ms, line.start_ms)
    return max(within_ms, 0) / max(bill.end_ms - bill.start_ms, DAY_MS)


RULE = Rule(
    rule_id="F01",
    kind="finance.budget_overrun",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="预算法; 机关事务管理条例",
    examine=examine,
    due_h=240,
)
