"""Registers of a counter and the breaks between them: an exchanged meter ends at one, the next begins at another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from cloud.core.counter_break import BreakKind, CounterBreak, CounterNote, RegisterCorrection
from cloud.core.series import Sample
from gateway.messages import Quality

Wrap = int | None | Callable[[int], int | None]
"""Value at which the counter wraps, None when it never does or nobody knows; it may depend on the time."""


class Role(Enum):
    """How a register came to be; an END is the last of a counter, a START the first of what follows it."""

    READ = auto()
    END = auto()
    START = auto()


@dataclass(frozen=True, slots=True)
class Register:
    """What the counter stood at, in its base unit."""

    at_ms: int
    value: int
    role: Role = Role.READ


def registers_of(samples: Iterable[Sample]) -> list[Register]:
    """The GOOD whole-number samples, in their order; everything else says nothing about a counter."""
    return [
        Register(sample.measured_ms, sample.value)
        for sample in samples
        if sample.quality is Quality.GOOD and type(sample.value) is int
    ]


def within(notes: Iterable[CounterNote], start_ms: int, end_ms: int) -> list[CounterNote]:
    """What touches start <= time < end; a register that is noted before the start is left out."""
    found: list[CounterNote] = []
    for note in notes:
        if isinstance(note, CounterBreak):
            found += [note] if start_ms <= note.at_ms < end_ms else []
        elif note.start_ms < end_ms and start_ms < note.end_ms:
            found.append(note if start_ms <= note.start_ms else replace(note, start_ms=start_ms, register=None))
    return found


def with_notes(registers: Sequence[Register], notes: Sequence[CounterNote]) -> list[Register]:
    """What is noted between registers in time order; notes outside their time must not be given."""
    if not notes:
        return list(registers)
    corrections = [one for one in notes if isinstance(one, RegisterCorrection)]
    kept = [one for one in registers if not any(note.start_ms <= one.at_ms < note.end_ms for note in corrections)]
    kept += [Register(note.start_ms, note.register) for note in corrections if note.register is not None]
    ends_and_starts = [one for note in notes if isinstance(note, CounterBreak) for one in _ends(note)]
    # At one moment the ends and starts come before what was read, in their order.
    return sorted([*ends_and_starts, *kept], key=lambda one: one.at_ms)


def growth(before: Register, after: Register, wrap: Wrap = None) -> tuple[int, bool]:
    """How much the counter grew, and whether that is a guess because it was started anew in between.

    A smaller value is a wrap at `wrap` when that makes less than half a turn; otherwise the counter began at 0 again.
    Over a break that is known nothing is counted.
    """
    if after.role is Role.START:
        return 0, False
    step = after.value - before.value
    if step >= 0:
        return step, False
    turn = wrap(after.at_ms) if callable(wrap) else wrap
    if turn is not None and 0 <= step + turn < turn / 2:
        return step + turn, False
    # An end that was noted below what had been read is no new beginning.
    return 0 if after.role is Role.END else max(after.value, 0), True


def wrap_over_ratios(present: int | None, notes: Iterable[CounterNote]) -> Wrap:
    """The wrap at each time, from the present one: a counter multiplied by another ratio wraps elsewhere."""
    changes = [one for one in notes if isinstance(one, CounterBreak) and one.kind is BreakKind.RATIO]
    if present is None or not changes:
        return present
    turn, turns = present, list[tuple[int, int]]()
    for change in sorted(changes, key=lambda one: one.at_ms, reverse=True):
        if change.final and change.initial:
            turn = (turn * change.final + change.initial // 2) // change.initial
            turns.append((change.at_ms, turn))
    turns.reverse()
    return lambda at_ms: next((turn for until_ms, turn in turns if at_ms <= until_ms), present)


def _ends(note: CounterBreak) -> Iterator[Register]:
    if note.final is not None:
        yield Register(note.at_ms, note.final, Role.END)
    yield Register(note.at_ms, note.initial, Role.START)
