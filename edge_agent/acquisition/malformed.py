"""How many messages that make no sense are kept for people to look at: a few of each source, whoever babbles."""

from __future__ import annotations

from collections import Counter

KEPT_OF_EACH = 20
MOST_SOURCES = 200
"""Anybody on a broker may invent topics: those beyond so many count as one source."""
_OTHERS = ""


class MalformedSamples:
    """Counts the messages of each source (a topic) since the start."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def take(self, source: str) -> int | None:
        """How many of the source there were with this one; None when enough of them are kept already."""
        if source not in self._counts and len(self._counts) >= MOST_SOURCES:
            source = _OTHERS
        self._counts[source] += 1
        count = self._counts[source]
        return count if count <= KEPT_OF_EACH else None
