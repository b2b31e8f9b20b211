"""What interrupts a counter: an exchanged meter, a reset, a changed ratio, a register that people correct."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cloud.core.series import SeriesKey


class BreakKind(StrEnum):
    """Why the register does not go on from where it stood."""

    EXCHANGE = "exchange"
    RESET = "reset"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class CounterBreak:
    """At `at_ms` the counter stood at `final` and went on from `initial`, both in base units.

    Registers read from `at_ms` on belong to what follows. `final` is None when nobody read it: then what the counter
    grew by since its last register stays unknown, and is not counted.
    """

    key: SeriesKey
    at_ms: int
    final: int | None
    initial: int
    kind: BreakKind

    @property
    def span_ms(self) -> tuple[int, int]:
        """Start and end (exclusive) of what it speaks of."""
        return self.at_ms, self.at_ms + 1


@dataclass(frozen=True, slots=True)
class RegisterCorrection:
    """Registers read within start <= time < end do not count; `register` stands at the start instead, if given."""

    key: SeriesKey
    start_ms: int
    end_ms: int
    register: int | None

    @property
    def span_ms(self) -> tuple[int, int]:
        """Start and end (exclusive) of what it speaks of."""
        return self.start_ms, self.end_ms


CounterNote = CounterBreak | RegisterCorrection
"""What is known of a counter beside its registers."""


@dataclass(frozen=True, slots=True)
class ParamChange:
    """A device was born at `at_ms` with other parameters than the birth before, whose session began at `since_ms`.

    They changed somewhere in between: an edge without connection measures with the new ones before it can say so.
    """

    group: str
    device: str
    since_ms: int
    at_ms: int
    before: Mapping[str, str]
    after: Mapping[str, str]
