"""What goes from one time-series store to another: readings with their trace, means, and the books beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cloud.core.series import Sample, SeriesKey
from foundation.errors import DomainError
from gateway.stream import RangeSet

Kinds = frozenset[type]
"""Types of the values of a series: bool, int, float, str."""


class TransferRefused(DomainError):
    """A store cannot give or take what it should; `code` is the end of a text `store_copy.refused.*`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(f"store_copy.refused.{code}", 409, **facts)


@dataclass(frozen=True, slots=True)
class Traced:
    """A reading and the row that it came in; `stream` is empty and `spool` 0 where a store keeps no trace.

    `shift_ms` tells by how much it was moved because its moment was taken.
    """

    sample: Sample
    stream: str = ""
    spool: int = 0
    shift_ms: int = 0


@dataclass(frozen=True, slots=True)
class WindowMeans:
    """What is left of the GOOD numbers of one window of `grain_ms`."""

    grain_ms: int
    at_ms: int
    good: int
    total: int | float
    lowest: int | float
    highest: int | float


@dataclass(frozen=True, slots=True)
class Content:
    """All that stands of a series in start <= time < end, which are local midnights; each part in time order."""

    start_ms: int
    end_ms: int
    readings: Sequence[Traced] = ()
    means: Sequence[WindowMeans] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """Rows booked and source by stream, readings by stream and fate, how many were thinned, newest values."""

    ledger: Mapping[str, RangeSet] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    fates: Mapping[tuple[str, str], int] = field(default_factory=dict)
    thinned: int = 0
    newest: Mapping[SeriesKey, Sample] = field(default_factory=dict)


class StoreSource(Protocol):
    """A store whose content can be taken elsewhere. Nothing may be written to it meanwhile."""

    def series(self) -> list[SeriesKey]:
        """Every series, in order. Raises TransferRefused while something in the store is half done."""
        ...

    def span(self, key: SeriesKey) -> tuple[int, int] | None:
        """Local midnights between which everything of a series stands; None when nothing does."""
        ...

    def content(self, key: SeriesKey, start_ms: int, end_ms: int) -> Content:
        """What stands in a span between two local midnights."""
        ...

    def books(self) -> Books: ...


class StoreTarget(StoreSource, Protocol):
    """A store that takes the content of another one. Nobody else may write to it."""

    def is_empty(self) -> bool: ...

    def settle(self, kinds: Mapping[SeriesKey, Kinds], growing_ms: int) -> None:
        """Prepare for series with values of these kinds; TransferRefused when they cannot be held.

        From the local midnight `growing_ms` on readings are of the day that the source was last written on.
        """
        ...

    def put(self, key: SeriesKey, content: Content) -> None:
        """Write the content of a span, durable on return; the same again changes nothing."""
        ...

    def enter(self, books: Books, first_ms: Mapping[SeriesKey, int]) -> None:
        """Enter the books of the source in place of any, all or nothing.

        `first_ms` is the oldest moment of each series.
        """
        ...
