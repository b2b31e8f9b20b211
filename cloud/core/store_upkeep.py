"""What keeps a time-series store small: past days packed, thinned and condensed, the same on every store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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

    def thin(self, keys: Sequence[SeriesKey], before_ms: int, decide: Decide) -> bool:
        """Of one local day before `before_ms` keep what `decide` says of each of these series of one device.

        Readings of other series of the device may stay because they stand at the same moment.
        """
        ...

    def condense(self, keys: Sequence[SeriesKey], before_ms: int, window_ms: int) -> bool:
        """Of one local day before `before_ms` keep means, extremes and counts of windows in place of the readings.

        For numbers of series of one device. Reading them gives the means, each at the start of its window.
        """
        ...


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How long what is kept: readings as they came, and quarter hours of gauges; their days are kept for ever."""

    store: StoreUpkeep
    raw_days: int = 90
    quarter_days: int = 1_095
