"""From the registers of a counter to what it grew by in each quarter hour. Pure, in whole numbers, nothing lost.

The growth between two registers is shared among the quarters it spans, by largest remainder, so that the shares add
up to the growth exactly: in proportion to time, and over a longer gap by what is known of the meter's load.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cloud.core.energy_interval import EnergyInterval
from cloud.core.series import QUARTER_MS as QUARTER_MS
from cloud.core.series import SeriesKey
from cloud.telemetry.apportion import apportion
from cloud.telemetry.register import Register, Wrap, growth

Weigh = Callable[[range, int], Sequence[int]]
"""Weights of quarters (their starts), among which a whole quantity is to be shared out over a gap."""


@dataclass(frozen=True, slots=True)
class Share:
    """Part of the counter's growth that falls in one quarter; `is_estimated` when it was not measured in it."""

    delta: int
    is_estimated: bool


def evenly(quarters: range, _quantity: int) -> Sequence[int]:
    """The same weight for every quarter."""
    return [1] * len(quarters)


def share_out(registers: Sequence[Register], wrap: Wrap = None, weigh: Weigh = evenly) -> dict[int, Share]:
    """Growth by quarter (its start), for every quarter that the registers touch; those at the ends may be partial.

    The deltas add up to the growth from the first register to the last. Estimated is what a pair of registers more
    than a quarter apart has shared out, and what a restarted counter shows.
    """
    shares: dict[int, Share] = {}
    for before, after in pairwise(registers):
        delta, is_restart = growth(before, after, wrap)
        is_gap = after.at_ms - before.at_ms > QUARTER_MS
        parts = (
            _over_gap(before.at_ms, after.at_ms, delta, weigh) if is_gap else _split(before.at_ms, after.at_ms, delta)
        )
        for quarter_ms, part in parts:
            known = shares.get(quarter_ms, Share(0, False))
            shares[quarter_ms] = Share(known.delta + part, known.is_estimated or is_restart or is_gap)
    return shares


def whole_quarters(
    key: SeriesKey, registers: Sequence[Register], wrap: Wrap = None, weigh: Weigh = evenly
) -> list[EnergyInterval]:
    """The quarters that lie wholly between the first and the last register, in time order."""
    if len(registers) < 2:
        return []
    first_ms = -(-registers[0].at_ms // QUARTER_MS) * QUARTER_MS
    end_ms = registers[-1].at_ms // QUARTER_MS * QUARTER_MS
    return [
        EnergyInterval(
            group=key.group,
            device=key.device,
            point=key.point,
            start_ms=quarter_ms,
            end_ms=quarter_ms + QUARTER_MS,
            delta=share.delta,
            is_estimated=share.is_estimated,
        )
        for quarter_ms, share in sorted(share_out(registers, wrap, weigh).items())
        if first_ms <= quarter_ms < end_ms
    ]


def islands(registers: Sequence[Register], bridge_ms: int, settled_ms: int) -> Iterator[Sequence[Register]]:
    """Cut where a gap longer than `bridge_ms` ends after `settled_ms`: what is missing may still arrive."""
    start = 0
    for place in range(1, len(registers)):
        before, after = registers[place - 1], registers[place]
        if after.at_ms - before.at_ms > bridge_ms and after.at_ms > settled_ms:
            yield registers[start:place]
            start = place
    if registers:
        yield registers[start:]


def around(registers: Sequence[Register], start_ms: int, end_ms: int) -> Sequence[Register]:
    """The registers that decide every quarter which a register in start <= time < end has a part in.

    That is from the last one before the quarter of the neighbour below to the first after that of the one above.
    """
    times = [register.at_ms for register in registers]
    first, end = bisect_left(times, start_ms), bisect_left(times, end_ms)
    if first == end:
        return []
    low_ms = times[max(first - 1, 0)] // QUARTER_MS * QUARTER_MS
    high_ms = -(-times[min(end, len(times) - 1)] // QUARTER_MS) * QUARTER_MS
    return registers[max(bisect_right(times, low_ms) - 1, 0) : bisect_left(times, high_ms) + 1]


def _over_gap(start_ms: int, end_ms: int, delta: int, weigh: Weigh) -> list[tuple[int, int]]:
    """Parts of `delta` by quarter: by time in the partial quarters at both ends, by weight in the whole ones between.

    What falls in the ends is decided by this gap alone, so that they can be booked without the rest of it.
    """
    inner = range(-(-start_ms // QUARTER_MS) * QUARTER_MS, end_ms // QUARTER_MS * QUARTER_MS, QUARTER_MS)
    if not inner:
        return _split(start_ms, end_ms, delta)
    head = delta * (inner[0] - start_ms) // (end_ms - start_ms)
    tail = delta * (end_ms - inner[-1] - QUARTER_MS) // (end_ms - start_ms)
    rest = delta - head - tail
    parts = [(inner[0] - QUARTER_MS, head)] if inner[0] > start_ms else []
    parts += zip(inner, apportion(rest, weigh(inner, rest)), strict=True)
    return [*parts, (inner[-1] + QUARTER_MS, tail)] if inner[-1] + QUARTER_MS < end_ms else parts


def _split(start_ms: int, end_ms: int, delta: int) -> list[tuple[int, int]]:
    """Parts of `delta` by quarter, in proportion to time."""
    quarters = range(start_ms // QUARTER_MS * QUARTER_MS, max(end_ms, start_ms + 1), QUARTER_MS)
    if len(quarters) == 1:
        return [(quarters[0], delta)]
    weights = [min(quarter + QUARTER_MS, end_ms) - max(quarter, start_ms) for quarter in quarters]
    return list(zip(quarters, apportion(delta, weights), strict=True))
