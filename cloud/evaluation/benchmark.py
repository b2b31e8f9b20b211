"""Where an institution stands: inside a group of its peers when that is large enough, else beside published averages.

Published averages do not say which factor set they were made with, so a position beside them is context, no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.energy.quota import Peer, peers_for

LEAST_GROUP = 10


@dataclass(frozen=True, slots=True)
class Position:
    """`ratio` is value / average; `percentile` the share of the peer group that uses less, None below LEAST_GROUP."""

    indicator: str
    value: float
    unit: str
    average: Peer
    ratio: float
    group_size: int
    percentile: float | None


def positions(indicator: str, value: float, unit: str, region: str, group: Sequence[float] = ()) -> list[Position]:
    """One per published average that exists; `group` are the values of institutions of the same class and zone."""
    share = percentile(value, group)
    return [
        Position(indicator, value, unit, peer, value / float(peer.value), len(group), share)
        for peer in peers_for(region, indicator)
    ]


def percentile(value: float, group: Sequence[float]) -> float | None:
    """Share of the group below the value, halves for equals; None when the group is too small to hide anybody."""
    if len(group) < LEAST_GROUP:
        return None
    return (sum(one < value for one in group) + sum(one == value for one in group) / 2) / len(group)
