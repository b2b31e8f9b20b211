"""A year of months: consumptions of one place added up, so that the year is the sum of its months to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from cloud.core.period import Period
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Consumption, Source


def add_months(
    months: Sequence[tuple[Period, Mapping[Carrier, Consumption]]], year: Period, until_ms: int
) -> dict[Carrier, Consumption]:
    """Each carrier's months as one consumption; `covered_share` is of the year until `until_ms`.

    The source is that of most of the quantity; the inputs of all months are kept.
    """
    carriers = sorted(set(chain.from_iterable(found for _, found in months)))
    span_ms = until_ms - year.start_ms
    return {carrier: _add(carrier, months, span_ms, until_ms) for carrier in carriers}


def _add(
    carrier: Carrier, months: Sequence[tuple[Period, Mapping[Carrier, Consumption]]], span_ms: int, until_ms: int
) -> Consumption:
    mine = [(period, found[carrier]) for period, found in months if carrier in found]
    known = [(period, one, one.quantity) for period, one in mine if one.quantity is not None]
    refused = tuple(dict.fromkeys(chain.from_iterable(one.refused for _, one in mine)))
    if not known:
        missing = next((one.missing for _, one in mine if one.missing), None)
        return Consumption(carrier, None, missing=missing, refused=refused)
    quantity = sum(amount for _, _, amount in known)
    estimated = sum(one.estimated_share * amount for _, one, amount in known)
    covered = sum(one.covered_share * (min(period.end_ms, until_ms) - period.start_ms) for period, one, _ in known)
    costs = [one.cost_fen for _, one, _ in known]
    return Consumption(
        carrier=carrier,
        quantity=quantity,
        source=_main_source(known),
        covered_share=covered / span_ms if span_ms > 0 else 0.0,
        estimated_share=estimated / quantity if quantity else 0.0,
        cost_fen=None if None in costs else sum(cost for cost in costs if cost is not None),
        cost_source=next((one.cost_source for _, one, _ in known if one.cost_source), None),
        inputs=tuple(chain.from_iterable(one.inputs for _, one, _ in known)),
        unmetered=tuple(sorted({place for _, one, _ in known for place in one.unmetered})),
        refused=refused,
    )


def _main_source(known: Sequence[tuple[Period, Consumption, int]]) -> Source | None:
    amounts: dict[Source, int] = {}
    for _, one, amount in known:
        if one.source is not None:
            amounts[one.source] = amounts.get(one.source, 0) + amount
    return max(amounts, key=lambda source: amounts[source], default=None)
