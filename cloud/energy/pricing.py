"""What a quantity costs by tariff: each part of the period at the tariff valid on its day, rounded once at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Candidate, Input, Source
from cloud.energy.tariff import Tariff, cost_of, fen_of, flat_cost, tariff_on

Quarters = Callable[[Input, int, int], Sequence[EnergyInterval]]
"""Booked intervals of a counter within start..end."""


@dataclass(frozen=True, slots=True)
class Price:
    """Whole fen, and the tariffs that they come from in the order of time."""

    fen: int
    tariff_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TariffSpan:
    """The time within start <= time < end over which one tariff holds."""

    tariff: Tariff
    start_ms: int
    end_ms: int


def price(
    candidate: Candidate, tariffs: Sequence[Tariff], carrier: Carrier, start_ms: int, end_ms: int, quarters: Quarters
) -> Price | None:
    """The cost of what a source says; None where a day has no tariff, or one by time of use meets unmetered quantities.

    What bills and hand readings say is shared out by time where tariffs change within it.
    """
    spans = tariff_spans(tariffs, carrier, start_ms, end_ms)
    if not spans:
        return None
    yuan = Decimal(0)
    for span in spans:
        if span.tariff.is_flat:
            yuan += flat_cost(span.tariff, sum(_within(one, span, quarters) for one in candidate.inputs)).yuan
        elif candidate.source is Source.METER:
            intervals = [found for one in candidate.inputs for found in quarters(one, span.start_ms, span.end_ms)]
            yuan += cost_of(span.tariff, intervals).yuan
        else:
            return None
    return Price(fen_of(yuan), tuple(dict.fromkeys(span.tariff.id for span in spans)))


def tariff_spans(tariffs: Sequence[Tariff], carrier: Carrier, start_ms: int, end_ms: int) -> list[TariffSpan]:
    """Which tariff holds when, without a hole; empty when there is a day without any."""
    spans: list[TariffSpan] = []
    day = local_day(start_ms)
    while day_start_ms(day) < end_ms:
        tariff = tariff_on(tariffs, carrier, day)
        if tariff is None:
            return []
        begins, ends = max(day_start_ms(day), start_ms), min(day_start_ms(day + timedelta(days=1)), end_ms)
        if spans and spans[-1].tariff == tariff:
            begins = spans.pop().start_ms
        spans.append(TariffSpan(tariff, begins, ends))
        day += timedelta(days=1)
    return spans


def _within(one: Input, span: TariffSpan, quarters: Quarters) -> int:
    """The part of an input that falls into a span; the parts of neighbouring spans add up to the whole."""
    begins, ends = max(one.start_ms, span.start_ms), min(one.end_ms, span.end_ms)
    if begins >= ends:
        return 0
    if (begins, ends) == (one.start_ms, one.end_ms):
        return one.quantity
    if one.source is Source.METER:
        return sum(found.delta for found in quarters(one, begins, ends))
    return one.part(begins, ends)
