"""What main meters have counted in a span, from booked intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from cloud.core.energy_interval import EnergyTotal
from cloud.core.ports import IntervalBook
from cloud.core.series import SeriesKey
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Candidate, Input, Source
from cloud.energy.place import MainMeter

COUNTERS: Mapping[Carrier, tuple[str, ...]] = {
    Carrier.ELECTRICITY: ("Energy/Active/Import", "Energy/Active/Total"),
    Carrier.WATER: ("Volume/Positive",),
    Carrier.GAS: ("Volume/Positive",),
    Carrier.HEAT: ("Energy/Heat",),
}
"""Points that count a carrier; the first that has intervals is taken."""

Counted = Mapping[MainMeter, tuple[SeriesKey, EnergyTotal]]


def count(meters: Sequence[MainMeter], intervals: IntervalBook, known_at_ms: int | None = None) -> Counted:
    """What each meter counted in its own span; meters without any interval are absent. One query per span."""
    by_span: dict[tuple[int, int], list[MainMeter]] = defaultdict(list)
    for meter in meters:
        by_span[meter.start_ms, meter.end_ms].append(meter)
    counted: dict[MainMeter, tuple[SeriesKey, EnergyTotal]] = {}
    for (start_ms, end_ms), of_span in by_span.items():
        keys = [key for meter in of_span for key in keys_of(meter)]
        totals = intervals.total(keys, start_ms, end_ms, known_at_ms)
        for meter in of_span:
            found = next(((key, totals[key]) for key in keys_of(meter) if key in totals), None)
            if found is not None:
                counted[meter] = found
    return counted


def metered(
    meters: Sequence[MainMeter], counted: Counted, start_ms: int, end_ms: int, expected: Collection[str | None]
) -> Candidate | None:
    """The sum of these meters; `expected` are the places (building ids) that should be counted.

    The covered share is that of all expected places; None when nothing was counted.
    """
    inputs = tuple(
        Input(
            source=Source.METER,
            reference=f"{key.group}/{key.device}/{key.point}",
            start_ms=meter.start_ms,
            end_ms=meter.end_ms,
            quantity=total.delta,
            estimated=total.estimated,
        )
        for meter in meters
        if meter in counted
        for key, total in (counted[meter],)
    )
    if not inputs:
        return None
    shares = {place: _share(place, meters, counted, end_ms - start_ms) for place in _places(meters)}
    places = {*expected, *shares}
    covered = sum(shares.get(place, 0.0) for place in places) / len(places)
    return Candidate(Source.METER, inputs, covered)


def keys_of(meter: MainMeter) -> list[SeriesKey]:
    return [SeriesKey(meter.compound_id, meter.device_id, point) for point in COUNTERS.get(meter.carrier, ())]


def _places(meters: Sequence[MainMeter]) -> set[str | None]:
    return {one.building_id for one in meters}


def _share(place: str | None, meters: Sequence[MainMeter], counted: Counted, span_ms: int) -> float:
    """Of the time that the place's meters should have counted: side by side each its span, in turn the whole span."""
    mine = [one for one in meters if one.building_id == place]
    wanted_ms = max(span_ms, sum(one.end_ms - one.start_ms for one in mine))
    return min(1.0, sum(counted[one][1].covered_ms for one in mine if one in counted) / wanted_ms)
