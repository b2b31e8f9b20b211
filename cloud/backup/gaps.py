"""Rows that are missing from the ledger between rows that it has.

While a backlog drains there are such rows for a time. Those that stay were given up by the edge, which says so, or were
acknowledged after the backup from which this cloud was brought back: the edge has freed them, and they are lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.ports import TimeSeriesStore
from gateway.stream import RangeSet


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing rows of one stream; `source` is the compound it comes from."""

    stream: str
    source: str
    rows: RangeSet


def ledger_gaps(store: TimeSeriesStore) -> list[Gap]:
    """Of every stream that has any, in the order of their ids."""
    gaps = []
    for stream, source in sorted(store.counts().streams.items()):
        missing = _missing(store.position(stream))
        if missing:
            gaps.append(Gap(stream, source, missing))
    return gaps


def _missing(held: RangeSet) -> RangeSet:
    missing, following = RangeSet(), 1
    for first, last in held:
        if first > following:
            missing.add(following, first - 1)
        following = last + 1
    return missing
