"""Tables fit for the public: small, dominated and derivable cells hidden, the rest rounded.

A table says what it is made of by contributors (persons, requests, trips); nothing of them leaves with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloud.core.calendar import local_day
from cloud.core.period import Period
from cloud.services.views import PublicRules

_DAY_MS = 86_400_000


class Hidden(StrEnum):
    """Why a cell is hidden: too few contributors, one of them too large, or it would betray another."""

    FEW = "few"
    DOMINATED = "dominated"
    DERIVABLE = "derivable"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one contributor adds to a cell. `source` is what may dominate it, the contributor unless given."""

    cell: str
    contributor: str
    amount: float = 1.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A rounded value, or why there is none."""

    value: int | None
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True)
class PublicTable:
    """Cells by name, and their total; None when the total would betray what is hidden."""

    cells: Mapping[str, Cell]
    total: int | None


def publish(
    contributions: Iterable[Contribution], names: Sequence[str], rules: PublicRules, *, least: int | None = None
) -> PublicTable:
    """The table of these cells. A cell that is empty looks like one that is too small.

    While the total is known, hidden cells must be at least two and together large enough to be published; the
    smallest shown ones are hidden until they are (secondary suppression). Where that is impossible, the total goes.
    """
    by_cell: dict[str, list[Contribution]] = defaultdict(list)
    for one in contributions:
        by_cell[one.cell].append(one)
    fewest = rules.least if least is None else least
    hidden = {name: reason for name in names if (reason := _unfit(by_cell[name], fewest, rules.most_share)) is not None}
    is_total_safe = _hide_derivable(by_cell, names, hidden, fewest, rules.most_share)
    cells = {
        name: Cell(None, hidden[name]) if name in hidden else Cell(_rounded(_sum(by_cell[name]), rules.round_to))
        for name in names
    }
    everything = [one for name in names for one in by_cell[name]]
    is_fit = is_total_safe and _unfit(everything, fewest, rules.most_share) is None
    return PublicTable(cells, _rounded(_sum(everything), rules.round_to) if is_fit else None)


def published_span(now_ms: int, rules: PublicRules) -> tuple[int, int]:
    """The whole months that may be published: the newest is over since 30 days. Start and end in UTC ms.

    All figures of a month appear at once, so that no single addition can be seen by comparing two days.
    """
    end = Period.month_of(now_ms - rules.delay_days * _DAY_MS)
    start = end
    for _ in range(rules.months):
        start = start.previous
    return start.start_ms, end.start_ms


def span_text(start_ms: int, end_ms: int) -> str:
    """First and last day of a span, as ISO dates."""
    return f"{local_day(start_ms)}/{local_day(end_ms - 1)}"


def _unfit(cell: Sequence[Contribution], fewest: int, most_share: float) -> Hidden | None:
    if len({one.contributor for one in cell}) < fewest:
        return Hidden.FEW
    by_source: dict[str, float] = defaultdict(float)
    for one in cell:
        by_source[one.source or one.contributor] += one.amount
    return Hidden.DOMINATED if max(by_source.values()) > most_share * _sum(cell) else None


def _hide_derivable(
    by_cell: Mapping[str, Sequence[Contribution]],
    names: Sequence[str],
    hidden: dict[str, Hidden],
    fewest: int,
    most_share: float,
) -> bool:
    """Hide further cells until the total betrays none; False when it always would."""
    if not hidden:
        return True
    shown = sorted((name for name in names if name not in hidden), key=lambda name: (_sum(by_cell[name]), name))
    while not _is_opaque([by_cell[name] for name in hidden], fewest, most_share):
        if not shown:
            return False
        hidden[shown.pop(0)] = Hidden.DERIVABLE
    return True


def _is_opaque(cells: Sequence[Sequence[Contribution]], fewest: int, most_share: float) -> bool:
    """Whether the sum of hidden cells may be known: none of them was, alone, so together they are at least two."""
    together = [one for cell in cells for one in cell]
    return not together or _unfit(together, fewest, most_share) is None


def _sum(cell: Iterable[Contribution]) -> float:
    return sum(one.amount for one in cell)


def _rounded(value: float, to: int) -> int:
    return int(value / to + 0.5) * to
