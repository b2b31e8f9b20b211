"""F04: one supplier's invoice that was booked twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.records.record import Record
from cloud.risk.occurrence import listed
from cloud.risk.record_reads import rows, text, yuan
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

LOOK_BACK_DAYS = 400
"""A second booking may follow in the next year's accounts."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per number of a supplier that stands in the book more than once."""
    first = local_day(evidence.now_ms) - timedelta(LOOK_BACK_DAYS)
    bookings: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in rows(evidence, "invoice", first=first):
        if text(record, "invoice"):
            bookings[_plain(text(record, "supplier")), _plain(text(record, "invoice"))].append(record)
    for (supplier, number), same in bookings.items():
        if len(same) < 2:
            continue
        amounts = [yuan(one, "amount") or 0.0 for one in same]
        data = {
            "invoice": text(same[-1], "invoice"),
            "supplier": text(same[-1], "supplier"),
            "times": len(same),
            "days": listed([text(one, "booked_on") for one in same]),
            "amount_yuan": round(amounts[-1], 2),
            "surplus_yuan": round(sum(amounts) - max(amounts), 2),
        }
        yield Sighting(same[-1].subject, f"{supplier}/{number}/{len(same)}", same[-1].start_ms, data)


def _plain(written: str) -> str:
    """The same number typed with other case or blanks is the same number."""
    return "".join(written.split()).casefold()


RULE = Rule(
    rule_id="F04",
    kind="finance.double_invoice",
    severity=Severity.RED,
    consequence=4,
    playbook=Playbook(),
    basis="政府采购法; 会计法",
    examine=examine,
    due_h=72,
)
