"""From the registers of a counter to what it grew by in each quarter hour. Pure, in whole numbers, nothing lost.

The growth between two registers is shared among the quarters it spans in proportion to time, by largest remainder,
so that the shares add up to the growth exactly.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cloud.core.energy_interval import EnergyInterval
from cloud.core.series import Sample, SeriesKey
from gateway.messages import Quality

QUARTER_MS = 900_000


@dataclass(frozen=True, slots=True)
class Register:
    """What the counter stood at, in its base unit."""

    at_ms: int
    value: int


@dataclass(frozen=True, slots=True)
class Share:
    """Part of the counter's growth that falls in one quarter; `is_estimated` when it was not measured in it."""

    delta: int
    is_estimated: bool


def registers_of(samples: Iterable[Sample]) -> list[Register]:
    """The GOOD whole-number samples, in their order; everything else says nothing about a counter."""
    return [
        Register(sample.measured_ms, sample.value)
        for sample in samples
        if sample.quality is Quality.GOOD and type(sample.value) is int
    ]


def growth(before: Register, after: Register, wrap: int | None) -> tuple[int, bool]:
    """How much the counter grew, and whether it was started anew in between.

    A smaller value is a wrap at `wrap` when that makes less than half a turn; otherwise the counter began at 0 again.
    """
    step = after.value - before.value
    if step >= 0:
        return step, False
    if wrap is not None and 0 <= step + wrap < wrap / 2:
        return step + wrap, False
    return max(after.value, 0), True


def share_out(registers: Sequence[Register], wrap: int | None = None) -> dict[int, Share]:
    """Growth by quarter (its start), for every quarter that the registers touch; those at the ends may be partial.

    The deltas add up to the growth from the first register to the last. Estimated is what a pair of registers more
    than a quarter apart has shared out, and what a restarted counter shows.
    """
    shares: dict[int, Share] = {}
    for before, after in pairwise(registers):
        delta, is_restart = growth(before, after, wrap)
        is_estimated = is_restart or after.at_ms - before.at_ms > QUARTER_MS
        for quarter_ms, part in _split(before.at_ms, after.at_ms, delta):
            known = shares.get(quarter_ms, Share(0, False))
            shares[quarter_ms] = Share(known.delta + part, known.is_estimated or is_estimated)
    return shares


def whole_quarters(key: SeriesKey, registers: Sequence[Register], wrap: int | None = None) -> list[EnergyInterval]:
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
        for quarter_ms, share in sorted(share_out(registers, wrap).items())
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


def _split(start_ms: int, end_ms: int, delta: int) -> list[tuple[int, int]]:
    """Parts of `delta` by quarter, in proportion to time, rounded by largest remainder (earlier first on a tie)."""
    first = start_ms // QUARTER_MS * QUARTER_MS
    quarters = range(first, max(end_ms, start_ms + 1), QUARTER_MS)
    if len(quarters) == 1:
        return [(first, delta)]
    span = end_ms - start_ms
    weights = [min(quarter + QUARTER_MS, end_ms) - max(quarter, start_ms) for quarter in quarters]
    parts = [delta * weight // span for weight in weights]
    rest = delta - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda place: -(delta * weights[place] % span))
    for place in by_remainder[:rest]:
        parts[place] += 1
    return list(zip(quarters, parts, strict=True))
