"""Stretches of row numbers in which there are no readings, so that an import of any length is passed over once only."""

from __future__ import annotations

SHORTEST, MOST = 1_000, 8


class Gaps:
    """Of rows of readings. New rows get higher numbers, so what was once empty stays empty."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}

    def note(self, after: int, last: int) -> None:
        """No readings are numbered above `after` up to `last`."""
        if last - after < SHORTEST:
            return
        self._ends[after] = max(last, self._ends.get(after, 0))
        if len(self._ends) > MOST:
            del self._ends[min(self._ends, key=lambda start: self._ends[start] - start)]

    def skip(self, after: int) -> int:
        """A number not below `after` beyond which the first readings above `after` still are."""
        return max((end for start, end in self._ends.items() if start <= after < end), default=after)
