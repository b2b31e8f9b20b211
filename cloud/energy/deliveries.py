"""Bills and hand readings as deliveries over a span of days, and the part of them that falls into a period.

A part is prorated by days, in a way that the parts of one delivery always add up to it, and marked as estimated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from cloud.energy.carrier import Carrier, to_base
from cloud.energy.consumption import Candidate, Input, Source, prorated
from cloud.energy.factor_set import Density
from cloud.records.record import Record


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one account used over start <= time < end; `reference` is the row of the book."""

    source: Source
    account: str
    carrier: Carrier
    building_id: str | None
    start_ms: int
    end_ms: int
    quantity: int
    cost_fen: int | None
    reference: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """All deliveries of a span, and the rows that could not be understood by carrier."""

    known: tuple[Delivery, ...]
    refused: Mapping[str, tuple[str, ...]]

    def of(self, source: Source, carrier: Carrier, building_id: str | None) -> list[Delivery]:
        """Those of a building, or all of the institution when `building_id` is None."""
        return [
            one
            for one in self.known
            if (one.source, one.carrier) == (source, carrier) and building_id in (None, one.building_id)
        ]


def deliveries(
    bills: Sequence[Record], hand_readings: Sequence[Record], densities: Mapping[Carrier, Density]
) -> Deliveries:
    """Bills as they are, hand readings as the differences between two of the same meter."""
    refused: dict[str, list[str]] = defaultdict(list)
    known: list[Delivery] = []
    for bill in bills:
        quantity = _quantity(bill, bill.fields.get("quantity"), densities)
        if quantity is None or bill.end_ms <= bill.start_ms:
            refused[str(bill.fields.get("carrier"))].append(bill.source or bill.record_id)
        else:
            known.append(_delivery(Source.BILL, "account", bill, bill.start_ms, bill.end_ms, quantity))
    known += _between_readings(hand_readings, densities, refused)
    return Deliveries(tuple(known), {carrier: tuple(rows) for carrier, rows in refused.items()})


def delivered(source: Source, known: Sequence[Delivery], start_ms: int, end_ms: int) -> Candidate | None:
    """The parts that fall into start <= time < end; None when there is none.

    The covered share is the mean over the accounts that have begun to deliver before `end_ms`.
    """
    begun = [one for one in known if one.start_ms < end_ms]
    parts = [part for one in begun if (part := _part(one, start_ms, end_ms)) is not None]
    if not parts:
        return None
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in begun:
        spans[one.account].append((max(one.start_ms, start_ms), min(one.end_ms, end_ms)))
    covered = sum(_covered_ms(mine) for mine in spans.values()) / (len(spans) * (end_ms - start_ms))
    return Candidate(source, tuple(parts), covered)


def _part(delivery: Delivery, start_ms: int, end_ms: int) -> Input | None:
    begins, ends = max(delivery.start_ms, start_ms), min(delivery.end_ms, end_ms)
    if begins >= ends:
        return None
    span = (delivery.start_ms, delivery.end_ms, begins, ends)
    quantity = prorated(delivery.quantity, *span)
    is_whole = (begins, ends) == (delivery.start_ms, delivery.end_ms)
    return Input(
        source=delivery.source,
        reference=delivery.reference,
        start_ms=begins,
        end_ms=ends,
        quantity=quantity,
        estimated=0 if is_whole else quantity,
        cost_fen=None if delivery.cost_fen is None else prorated(delivery.cost_fen, *span),
    )


def _covered_ms(spans: Iterable[tuple[int, int]]) -> int:
    """Length of the union of spans."""
    covered, reached = 0, None
    for start_ms, end_ms in sorted(spans):
        begins = start_ms if reached is None else max(start_ms, reached)
        covered += max(0, end_ms - begins)
        reached = end_ms if reached is None else max(reached, end_ms)
    return covered


def _between_readings(
    readings: Sequence[Record], densities: Mapping[Carrier, Density], refused: dict[str, list[str]]
) -> Iterator[Delivery]:
    by_meter: dict[str, list[Record]] = defaultdict(list)
    for reading in sorted(readings, key=lambda one: one.start_ms):
        by_meter[str(reading.fields.get("meter"))].append(reading)
    for of_meter in by_meter.values():
        for earlier, later in pairwise(of_meter):
            quantity = _read_difference(earlier, later, densities)
            if quantity is None or earlier.start_ms == later.start_ms:
                refused[str(later.fields.get("carrier"))].append(later.source or later.record_id)
            else:
                yield _delivery(Source.HAND, "meter", later, earlier.start_ms, later.start_ms, quantity)


def _read_difference(earlier: Record, later: Record, densities: Mapping[Carrier, Density]) -> int | None:
    """What the reader wrote as used, else the step of the register; None when it went backwards."""
    if later.fields.get("quantity") is not None:
        return _quantity(later, later.fields["quantity"], densities)
    before = _quantity(earlier, earlier.fields.get("reading"), densities)
    after = _quantity(later, later.fields.get("reading"), densities)
    return None if before is None or after is None or after < before else after - before


def _quantity(record: Record, amount: object, densities: Mapping[Carrier, Density]) -> int | None:
    """In base units; None when the row's carrier, unit or number cannot be understood."""
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        return None
    try:
        carrier = Carrier(str(record.fields.get("carrier")))
        density = densities[carrier].kg_per_l if carrier in densities else None
        return to_base(carrier, Decimal(str(amount)), str(record.fields.get("unit")), density)
    except ValueError:
        return None


def _delivery(
    source: Source, account_field: str, record: Record, start_ms: int, end_ms: int, quantity: int
) -> Delivery:
    building, cost = record.fields.get("building"), record.fields.get("amount")
    return Delivery(
        source=source,
        account=str(record.fields.get(account_field)),
        carrier=Carrier(str(record.fields["carrier"])),
        building_id=str(building) if building else None,
        start_ms=start_ms,
        end_ms=end_ms,
        quantity=quantity,
        cost_fen=cost if isinstance(cost, int) and not isinstance(cost, bool) else None,
        reference=record.source or record.record_id,
    )
