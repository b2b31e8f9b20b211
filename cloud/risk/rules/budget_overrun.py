"""F01: a budget that will not last to the end of its year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloud.core.calendar import local_day
from cloud.core.event import Severity
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
        seen = _judge(line, _Spending(line, invoices, own_bills), evidence.now_ms)
        if seen is not None:
            yield seen


def _judge(line: Record, spending: _Spending, now_ms: int) -> Sighting | None:
    budget, span_ms = yuan(line, "amount"), line.end_ms - line.start_ms
    elapsed = (now_ms - line.start_ms) / span_ms
    if not budget or elapsed < LEAST_ELAPSED:
        return None
    spent = spending.until(now_ms)
    early = spending.until(min(now_ms, line.start_ms + round(LAST_QUARTER_FROM * span_ms)))
    projected = spent / budget / elapsed
    if projected <= MOST_PROJECTED and early / budget < MOST_USED_EARLY:
        return None
    data = {
        "category": text(line, "category"),
        "budget_yuan": round(budget),
        "spent_yuan": round(spent),
        "used_percent": round(100 * spent / budget),
        "early_percent": round(100 * early / budget),
        "projected_percent": round(100 * projected),
        "elapsed_percent": round(100 * elapsed),
    }
    return Sighting(line.subject, f"{line.record_id}:{local_day(now_ms):%Y-%m}", now_ms, data)


class _Spending:
    """What is booked on a line: invoices of its department and category, and energy bills not among the invoices."""

    def __init__(self, line: Record, invoices: Sequence[Record], energy_bills: Sequence[Bill]) -> None:
        numbers = {text(one, "invoice") for one in invoices}
        self._line = line
        self._invoices = [
            one
            for one in invoices
            if line.start_ms <= one.start_ms < line.end_ms
            and all(text(one, name) == text(line, name) for name in ("department", "category"))
        ]
        self._bills = [bill for bill in energy_bills if not bill.invoice or bill.invoice not in numbers]

    def until(self, at_ms: int) -> float:
        """Yuan booked before a time; a bill counts by the part of its period that lies before it."""
        paid = sum(yuan(one, "amount") or 0.0 for one in self._invoices if one.start_ms < at_ms)
        return paid + sum(self._share(bill, at_ms) * (bill.cost or 0.0) for bill in self._bills)

    def _share(self, bill: Bill, at_ms: int) -> float:
        within_ms = min(bill.end_ms, at_ms) - max(bill.start_ms, self._line.start_ms)
        return max(within_ms, 0) / (bill.end_ms - bill.start_ms)


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
