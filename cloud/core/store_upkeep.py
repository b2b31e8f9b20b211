"""What keeps a time-series store small: past days packed, thinned and condensed, the same on every store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.core.series import Sample, SeriesKey

Decide = Callable[[Sequence[Sample]], Collection[int]]
"""From the readings of a local day, in time order, to the moments of those that must stay."""


class StoreUpkeep(Protocol):
    """For the upkeep job alone. Every call does a bounded part and is True; False when there is no more to do.

    A part is done whole or not at all, whatever ends the process, and none is done twice.
    """

    def pack(self, before_ms: int) -> bool:
        """Put readings of local days that end by `before_ms` into the store's densest form; nothing is lost."""
        ...

    def thin(self, decide: Mapping[SeriesKey, Decide], condensed: Collection[SeriesKey], before_ms: int) -> bool:
        """Of one local day before `before_ms` of one device keep what is decided for each series.

        Of the numbers of `condensed` series quarter hours stay: count, sum and extremes. Reading them gives the means,
        each at the start of its window. A reading may stay because another stands at the same moment; one that comes
        late for such a day is kept beside what is left of it.
        """
        ...

    def condense(self, keys: Collection[SeriesKey], before_ms: int) -> bool:
        """Of one local day before `before_ms` of one device keep the day in place of its quarter hours."""
        ...


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How long what is kept: readings as they came, and quarter hours of gauges; their days are kept for ever."""

    store: StoreUpkeep
    raw_days: int = 90
    quarter_days: int = 1_095
