"""The durable stream of one edge: row numbers, ranges of them, and the acknowledgement by ranges.

An edge numbers its outbox rows 1, 2, 3 ... within a stream (a UUID born with the outbox file). The host answers
`<stream>:1-500,900-950` after its commit; the edge frees exactly those rows. See docs/decisions/0004.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foundation.errors import ContractError

MAX_SPOOL = 2**62
_ACK = re.compile(r"([0-9a-f-]{36}):(\d{1,19}(?:-\d{1,19})?(?:,\d{1,19}(?:-\d{1,19})?)*)", re.ASCII)


class RangeSet:
    """A set of whole numbers kept as disjoint closed ranges in order."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int | None = None) -> None:
        """Add one number, or `first..last`."""
        last = first if last is None else last
        if first > last:
            raise ValueError(f"range {first}-{last} runs backwards")
        low = bisect_right(self._last, first - 2)
        high = bisect_right(self._first, last + 1)
        if low < high:
            first, last = min(first, self._first[low]), max(last, self._last[high - 1])
        self._first[low:high] = [first]
        self._last[low:high] = [last]

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._first, number) - 1
        return place >= 0 and number <= self._last[place]

    def covers(self, first: int, last: int) -> bool:
        """Whether every number of `first..last` is in the set."""
        place = bisect_right(self._first, first) - 1
        return place >= 0 and last <= self._last[place]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._first, self._last, strict=True))

    def __len__(self) -> int:
        """How many numbers are in the set."""
        return sum(last - first + 1 for first, last in self)

    def __bool__(self) -> bool:
        return bool(self._first)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RangeSet({self.text()})"

    def text(self) -> str:
        """`1-500,900` form."""
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The host's word that it has stored these rows of this stream for good."""

    stream: str
    rows: RangeSet

    def text(self) -> str:
        return f"{self.stream}:{self.rows.text()}"

    @classmethod
    def parse(cls, text: str) -> Acknowledgement:
        """Read the wire form; anything else raises ContractError."""
        match = _ACK.fullmatch(text)
        if match is None:
            raise ContractError(f"not an acknowledgement: {text[:80]!r}")
        rows = RangeSet()
        for part in match[2].split(","):
            first, _, last = part.partition("-")
            if int(last or first) > MAX_SPOOL:
                raise ContractError(f"row {last or first} is out of reach")
            if last and int(last) < int(first):
                raise ContractError(f"range {part} runs backwards")
            rows.add(int(first), int(last or first))
        return cls(match[1], rows)
