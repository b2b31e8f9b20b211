"""Energy bills as rules read them: in whole base units, per account and period, with what they have cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cloud.core.institution import Subject, SubjectKind
from cloud.core.period import DAY_MS
from cloud.energy.carrier import Carrier, to_base
from cloud.records.record import Record
from cloud.risk.record_reads import number, rows, text, yuan
from cloud.risk.rule import Evidence


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill. `subject` is the building it is for, the institution when it names none; `cost` is in yuan."""

    record_id: str
    account: str
    subject: str
    building_id: str
    carrier: Carrier
    start_ms: int
    end_ms: int
    quantity: int
    cost: float | None
    invoice: str

    @property
    def days(self) -> int:
        return round((self.end_ms - self.start_ms) / DAY_MS)


def bills(evidence: Evidence, first: date, until: date) -> list[Bill]:
    """Bills whose period touches first <= day < until, by its start; those that cannot be read are left out."""
    found = (
        _bill(record, evidence.institution_id) for record in rows(evidence, "energy_bill", first=first, until=until)
    )
    return [bill for bill in found if bill is not None]


def _bill(record: Record, institution_id: str) -> Bill | None:
    quantity, building_id = number(record, "quantity"), text(record, "building")
    try:
        carrier = Carrier(text(record, "carrier"))
        base = None if quantity is None else to_base(carrier, Decimal(str(quantity)), text(record, "unit"))
    except ValueError:
        return None
    if base is None or record.end_ms - record.start_ms < DAY_MS:
        return None
    place = Subject(SubjectKind.BUILDING, building_id) if building_id else None
    return Bill(
        record_id=record.record_id,
        account=text(record, "account"),
        subject=str(place or Subject(SubjectKind.INSTITUTION, institution_id)),
        building_id=building_id,
        carrier=carrier,
        start_ms=record.start_ms,
        end_ms=record.end_ms,
        quantity=base,
        cost=yuan(record, "amount"),
        invoice=text(record, "invoice"),
    )
