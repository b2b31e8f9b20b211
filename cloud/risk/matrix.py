"""The risk matrix: likelihood times consequence, each from 1 to 5, in the four colours of the Chinese scale."""

from __future__ import annotations

from bisect import bisect_right

from cloud.core.event import Severity

_YELLOW_FROM, _ORANGE_FROM, _RED_FROM = 4, 8, 15
_WORST_CONSEQUENCE = 5
_EVENTS_PER_MONTH = (0.1, 0.5, 1.0, 4.0)


def colour_of(likelihood: int, consequence: int) -> Severity:
    """Score 1-3 blue, 4-7 yellow, 8-14 orange, 15-25 red; consequence 5 is never below orange.

    A likelihood or consequence outside 1..5 raises ValueError.
    """
    if not (1 <= likelihood <= 5 and 1 <= consequence <= 5):
        raise ValueError(f"likelihood {likelihood} and consequence {consequence} must lie in 1..5")
    score = likelihood * consequence
    if score >= _RED_FROM:
        return Severity.RED
    if score >= _ORANGE_FROM or consequence == _WORST_CONSEQUENCE:
        return Severity.ORANGE
    return Severity.YELLOW if score >= _YELLOW_FROM else Severity.BLUE


def likelihood_of(events_per_month: float) -> int:
    """Likelihood 1..5 of an expected number of events: below 0.1, 0.5, 1 and 4 a month, and from 4 on."""
    return 1 + bisect_right(_EVENTS_PER_MONTH, events_per_month)
