"""Where in its readings a counter passed to another ratio: the register jumps by it between two readings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from cloud.core.counter_break import BreakKind, CounterBreak
from cloud.core.series import SeriesKey
from cloud.telemetry.register import Register

MARGIN_MS = 600_000
"""How far the clocks of edge and cloud may differ."""


@dataclass(frozen=True, slots=True)
class RatioChange:
    """The register is multiplied by `factor` (new ratio by old) from some moment within start..end on."""

    key: SeriesKey
    start_ms: int
    end_ms: int
    factor: Fraction


def ratio_break(
    change: RatioChange, registers: Sequence[Register], exchanged: Collection[int] = ()
) -> CounterBreak | None:
    """The break at the jump by the factor; None while no pair of registers shows it, or a meter was exchanged there.

    A pair shows it when the register moves the right way and what the jump leaves as growth is not negative. Of several
    it is the one that leaves least, measured by the register: another change of the ratio may lie beside this one.
    """
    found: list[tuple[Register, Register]] = []
    for before, after in pairwise(registers):
        is_within = before.at_ms <= change.end_ms and after.at_ms > change.start_ms
        if is_within and _is_jump(before, after, change.factor):
            found.append((before, after))
    if not found:
        return None
    before, after = min(found, key=lambda pair: _growth(pair[0], pair[1], change.factor))
    if any(before.at_ms < at_ms <= after.at_ms for at_ms in exchanged):
        return None
    initial = round(before.value * change.factor)
    return CounterBreak(change.key, before.at_ms + 1, before.value, initial, BreakKind.RATIO)


def _is_jump(before: Register, after: Register, factor: Fraction) -> bool:
    moves = after.value < before.value if factor < 1 else after.value > before.value
    return before.value > 0 and moves and after.value >= round(before.value * factor)


def _growth(before: Register, after: Register, factor: Fraction) -> Fraction:
    """What a jump by the factor leaves as growth, as a share of the register."""
    jumped = before.value * factor
    return (after.value - jumped) / jumped
