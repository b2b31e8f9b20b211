"""Which readings of a past day must stay so that every figure that was made of it can be made again."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.core.series import Sample
from cloud.telemetry.interval import QUARTER_MS
from cloud.telemetry.register import registers_of


def deciding(samples: Sequence[Sample]) -> set[int]:
    """Moments of the registers that decide the quarter hours of a counter.

    The first and the last of each quarter hour, and both sides of every fall: whatever stands between two registers
    that only rise within one quarter hour shares its growth with them.
    """
    registers = registers_of(samples)
    kept: set[int] = set()
    for place, one in enumerate(registers):
        before = registers[place - 1] if place else None
        if before is None or before.at_ms // QUARTER_MS != one.at_ms // QUARTER_MS:
            kept |= {one.at_ms} if before is None else {one.at_ms, before.at_ms}
        elif one.value < before.value:
            kept |= {before.at_ms, one.at_ms}
    return kept | {one.at_ms for one in registers[-1:]}


def changing(samples: Sequence[Sample]) -> set[int]:
    """Moments at which a state is not what it was before, in value or quality, and the last of the day."""
    kept = {one.measured_ms for one in samples[-1:]}
    for place, one in enumerate(samples):
        before = samples[place - 1] if place else None
        if before is None or (before.value, before.quality) != (one.value, one.quality):
            kept.add(one.measured_ms)
    return kept
