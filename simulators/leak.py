"""Leak: water that runs day and night from a moment on, beside what people use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.replay import HOUR_MS, Floats, Times, Track


@dataclass
class Leak:
    """`litres_per_h` run in `building` since `since_ms`."""

    building: str
    litres_per_h: float
    since_ms: int

    def value(self, at_ms: int) -> float:
        """Litres per hour now."""
        return self.litres_per_h if at_ms >= self.since_ms else 0.0

    def integral(self, at_ms: int) -> float:
        """Litres lost so far."""
        return self.litres_per_h * (max(at_ms - self.since_ms, 0) / HOUR_MS)

    def values(self, times: Times) -> Floats:
        """`value` of many times."""
        return np.where(times >= self.since_ms, self.litres_per_h, 0.0)

    def integrals(self, times: Times) -> Floats:
        """`integral` of many times, equal to the last bit."""
        return np.asarray(self.litres_per_h * (np.maximum(times - self.since_ms, 0) / HOUR_MS))


Leaks = Sequence[Leak]


class Flow:
    """What a water meter measures: a replayed flow, and the leaks behind the meter."""

    def __init__(self, track: Track, leaks: Leaks) -> None:
        self._track, self._leaks = track, leaks

    def value(self, at_ms: int) -> float:
        """Litres per hour now."""
        return self._track.value(at_ms) + sum(leak.value(at_ms) for leak in self._leaks)

    def integral(self, at_ms: int) -> float:
        """Litres since the meter was installed; never falls."""
        return self._track.integral(at_ms) + sum(leak.integral(at_ms) for leak in self._leaks)

    def values(self, times: Times) -> Floats:
        """`value` of many times."""
        return np.asarray(self._track.values(times) + sum(leak.values(times) for leak in self._leaks))

    def integrals(self, times: Times) -> Floats:
        """`integral` of many times, equal to the last bit."""
        return np.asarray(self._track.integrals(times) + sum(leak.integrals(times) for leak in self._leaks))


def kept_leaks(plant_state: Mapping[str, Any]) -> list[Leak]:
    """The leaks that the state of a plant tells of; none in a state from before there were any."""
    kept = plant_state.get("leaks", ())
    return [Leak(str(one["building"]), float(one["litres_per_h"]), int(one["since_ms"])) for one in kept]
