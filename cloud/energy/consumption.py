"""What was used of one carrier at one place, with the source of the figure and every input it was added up from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloud.energy.carrier import Carrier

FULL_SHARE = 0.95
"""A source that covers so much of a period is taken before a lower one that covers all of it."""


class Source(StrEnum):
    """Where a quantity comes from, best first."""

    METER = "meter"
    BILL = "bill"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing added up: a counter (`group/device/point`) or a row of a book (`bills.xlsx!Sheet1:17`).

    `quantity` in base units within start <= time < end, of which `estimated` was interpolated or prorated.
    """

    source: Source
    reference: str
    start_ms: int
    end_ms: int
    quantity: int
    estimated: int = 0
    cost_fen: int | None = None

    def part(self, start_ms: int, end_ms: int) -> int:
        """The share of the quantity in a part of the time, by time; neighbouring parts add up without a remainder."""
        return prorated(self.quantity, self.start_ms, self.end_ms, start_ms, end_ms)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one source says; `covered_share` of the period, 0 to 1."""

    source: Source
    inputs: tuple[Input, ...]
    covered_share: float

    @property
    def quantity(self) -> int:
        return sum(one.quantity for one in self.inputs)

    @property
    def estimated(self) -> int:
        return sum(one.estimated for one in self.inputs)

    @property
    def cost_fen(self) -> int | None:
        """None when an input has no price."""
        costs = [one.cost_fen for one in self.inputs if one.cost_fen is not None]
        return sum(costs) if len(costs) == len(self.inputs) else None


@dataclass(frozen=True, slots=True)
class Consumption:
    """`quantity` in base units, None with a text key in `missing`; shares from 0 to 1.

    `cost_source` is `bill`, `hand` or `tariff:<id>`; `unmetered` are buildings that nothing counts, `refused` rows of
    books that could not be understood.
    """

    carrier: Carrier
    quantity: int | None
    source: Source | None = None
    covered_share: float = 0.0
    estimated_share: float = 0.0
    cost_fen: int | None = None
    cost_source: str | None = None
    inputs: tuple[Input, ...] = ()
    missing: str | None = None
    unmetered: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def prorated(amount: int, start_ms: int, end_ms: int, begins_ms: int, ends_ms: int) -> int:
    """The part begins..ends of an amount over start..end: the difference of two rounded-down running sums."""
    whole_ms = end_ms - start_ms
    return amount * (ends_ms - start_ms) // whole_ms - amount * (begins_ms - start_ms) // whole_ms


def best(candidates: Sequence[Candidate]) -> Candidate | None:
    """The first of sufficient cover in the order meter, bill, hand reading; else the one that covers most."""
    ranked = sorted(candidates, key=lambda one: list(Source).index(one.source))
    for candidate in ranked:
        if candidate.covered_share >= FULL_SHARE:
            return candidate
    return max(ranked, key=lambda one: one.covered_share, default=None)
