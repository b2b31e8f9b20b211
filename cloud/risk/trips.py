"""Movements of a vehicle from its tracker's speeds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cloud.core.series import Sample
from cloud.energy.threshold import number_of

MOVING_KMH = 5.0
"""Up to a walking pace a parked tracker may report by itself."""

HELD_MS = 60_000
"""A reported speed holds until the next one, at most so long: one stray value is no trip."""

PAUSE_MS = 30 * 60_000
"""A shorter stop is part of the trip."""


@dataclass(frozen=True, slots=True)
class Move:
    """The vehicle moved at `speed_kmh` over start <= time < end."""

    start_ms: int
    end_ms: int
    speed_kmh: float


@dataclass(frozen=True, slots=True)
class Trip:
    """Moves without a longer pause between them; `moving_ms` is what they add up to."""

    start_ms: int
    end_ms: int
    moving_ms: int
    top_kmh: float


def moves_of(speeds: Iterable[Sample]) -> Iterator[Move]:
    """Spans of movement of samples in time order; what is not GOOD says nothing."""
    known = [(one.measured_ms, speed) for one in speeds if (speed := number_of(one)) is not None]
    for place, (at_ms, speed) in enumerate(known):
        if speed > MOVING_KMH:
            next_ms = known[place + 1][0] if place + 1 < len(known) else at_ms + HELD_MS
            yield Move(at_ms, min(next_ms, at_ms + HELD_MS), speed)


def trips_of(moves: Iterable[Move]) -> list[Trip]:
    """Moves in time order joined over pauses of up to half an hour."""
    trips: list[Trip] = []
    for move in moves:
        before = trips[-1] if trips else None
        moving_ms = move.end_ms - move.start_ms
        if before is None or move.start_ms - before.end_ms > PAUSE_MS:
            trips.append(Trip(move.start_ms, move.end_ms, moving_ms, move.speed_kmh))
        else:
            top_kmh = max(before.top_kmh, move.speed_kmh)
            trips[-1] = Trip(before.start_ms, move.end_ms, before.moving_ms + moving_ms, top_kmh)
    return trips
