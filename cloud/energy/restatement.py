"""Restatement: by how much a figure differs from what was known of it before, and what made the difference.

Parts always add up to the difference: of a quantity by cause, of a cost by prices and by quantities. The part of the
prices is what the later quantity costs more by the later prices than by the earlier ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.core.energy_interval import IntervalVersion
from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.core.series import SeriesKey
from cloud.energy.account import AccountBooks, EnergyAccount, PlaceAccount, energy_account
from cloud.energy.carrier import Carrier
from cloud.energy.consumption import Consumption, Source
from cloud.energy.entry_list import EntryList
from cloud.records.record import RecordImport

RECORD = "record"
"""Bills or hand readings were entered or corrected."""

SOURCE = "source"
"""Another source is taken, or other meters."""


@dataclass(frozen=True, slots=True)
class Restated:
    """A figure of one place that is not what it was.

    `quantity_parts` in base units by cause: a reason of booked intervals, RECORD or SOURCE. `price_fen` and
    `quantity_fen` are the parts of the cost, None while one of the two costs is not known.
    """

    subject: str
    carrier: Carrier
    earlier: Consumption | None
    later: Consumption | None
    quantity_parts: Mapping[str, int]
    price_fen: int | None = None
    quantity_fen: int | None = None

    @property
    def quantity_change(self) -> int:
        return _quantity(self.later) - _quantity(self.earlier)

    @property
    def cost_change_fen(self) -> int | None:
        """None while one of the two costs is not known."""
        before, after = _cost(self.earlier), _cost(self.later)
        return None if before is None or after is None else after - before


@dataclass(frozen=True, slots=True)
class Restatement:
    """A period as it was known at `since_ms` and as it is known by the later books, over the same time.

    `prices` are the versions of the tariffs and `imports` those of bills and hand readings that were entered since.
    """

    since_ms: int
    earlier: EnergyAccount
    later: EnergyAccount
    figures: tuple[Restated, ...]
    prices: tuple[EntryList, ...] = ()
    imports: tuple[RecordImport, ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known at one time: the institution and the books."""

    model: InstitutionModel
    books: AccountBooks


def restatement(period: Period, earlier: Knowledge, later: Knowledge) -> Restatement:
    """Compare what was known at the `known_at_ms` of the earlier books, which must have one, with a later knowledge."""
    since_ms = earlier.books.known_at_ms
    if since_ms is None:
        raise ValueError("the earlier books must be as known at a time")
    at_old_prices = replace(later.books, tariffs=earlier.books.tariffs)
    before = energy_account(earlier.model, period, earlier.books, since_ms)
    after = energy_account(later.model, period, later.books, since_ms)
    repriced = energy_account(later.model, period, at_old_prices, since_ms)
    compared = _Compared(before, after, repriced, later.books, since_ms)
    return Restatement(since_ms, before, after, tuple(_figures(compared)))


@dataclass(frozen=True, slots=True)
class _Compared:
    """`repriced` is `after` at the prices of `before`."""

    before: EnergyAccount
    after: EnergyAccount
    repriced: EnergyAccount
    later: AccountBooks
    since_ms: int


def _figures(compared: _Compared) -> Iterator[Restated]:
    before, after, repriced = compared.before, compared.after, compared.repriced
    old = {one.place.subject: one for one in (before.whole, *before.buildings)}
    at_old_prices = {one.place.subject: one for one in (repriced.whole, *repriced.buildings)}
    for place in (after.whole, *after.buildings):
        subject = place.place.subject
        for carrier in Carrier:
            then, now = _of(old.get(subject), carrier), _of(place, carrier)
            if (_quantity(then), _cost(then)) != (_quantity(now), _cost(now)):
                parts = _quantity_parts(then, now, compared.since_ms, compared.later)
                found = Restated(subject, carrier, then, now, parts)
                yield _with_cost(found, _cost(_of(at_old_prices[subject], carrier)))


def _of(place: PlaceAccount | None, carrier: Carrier) -> Consumption | None:
    return None if place is None else place.consumption.get(carrier)


def _with_cost(found: Restated, at_old_prices: int | None) -> Restated:
    before, after = _cost(found.earlier), _cost(found.later)
    if before is None or after is None or at_old_prices is None:
        return found
    return replace(found, price_fen=after - at_old_prices, quantity_fen=at_old_prices - before)


def _quantity_parts(
    then: Consumption | None, now: Consumption | None, since_ms: int, later: AccountBooks
) -> dict[str, int]:
    change = _quantity(now) - _quantity(then)
    sources = {one.source for one in (then, now) if one is not None and one.source is not None}
    if len(sources) > 1 or sources != {Source.METER}:
        return {SOURCE if len(sources) > 1 else RECORD: change} if change else {}
    parts: Counter[str] = Counter()
    for counter, start_ms, end_ms in sorted(_spans(now)):
        versions = later.intervals.versions(SeriesKey(*counter.split("/", 2)), start_ms, end_ms)
        parts.update(by_reason(versions, since_ms, later.known_at_ms))
    parts[SOURCE] += change - sum(parts.values())
    return {cause: amount for cause, amount in sorted(parts.items()) if amount}


def by_reason(versions: Sequence[IntervalVersion], since_ms: int, until_ms: int | None) -> Mapping[str, int]:
    """What the intervals of one counter grew by from what was known at `since_ms` to what is known at `until_ms`.

    By the reason of the later versions; what they have taken the place of counts against the same reason.
    """
    old = [one for one in versions if _is_known(one, since_ms)]
    new = [one for one in versions if _is_known(one, until_ms)]
    parts: Counter[str] = Counter()
    for one in new:
        if one not in old:
            parts[one.reason] += one.interval.delta
    for one in old:
        if one not in new:
            parts[_taken_by(one, new)] -= one.interval.delta
    return parts


def _taken_by(old: IntervalVersion, new: Sequence[IntervalVersion]) -> str:
    start_ms = old.interval.start_ms
    covering = (one.reason for one in new if one.interval.start_ms <= start_ms < one.interval.end_ms)
    return next(covering, SOURCE)


def _is_known(version: IntervalVersion, at_ms: int | None) -> bool:
    if at_ms is None:
        return version.known_to_ms is None
    return version.known_from_ms <= at_ms and (version.known_to_ms is None or at_ms < version.known_to_ms)


def _spans(consumption: Consumption | None) -> set[tuple[str, int, int]]:
    return set() if consumption is None else {(one.reference, one.start_ms, one.end_ms) for one in consumption.inputs}


def _quantity(consumption: Consumption | None) -> int:
    return 0 if consumption is None or consumption.quantity is None else consumption.quantity


def _cost(consumption: Consumption | None) -> int | None:
    return None if consumption is None else consumption.cost_fen
