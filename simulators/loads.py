"""Electric loads: replayed power, what people and commands change in it, and registers that follow both exactly.

A load's energy is the integral of its replay, a pure function of time, plus the integral of all deviations from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulators.replay import Floats, Times, Track

SETTLED_TAUS = 12
_CHUNK_MS = 1_000
_TURN = 2 * math.pi
_PERIODS_S = (7.3, 23.1, 61.7)


class Load(Protocol):
    """Something an electricity meter measures."""

    def power_w(self, at_ms: int) -> float:
        """Active power now."""
        ...

    def energy_wh(self, at_ms: int) -> float:
        """Energy since the meter was installed; never falls."""
        ...

    def undisturbed_power_w(self, times: Times) -> Floats:
        """Power at past times, when nobody had touched anything."""
        ...

    def undisturbed_energy_wh(self, times: Times) -> Floats:
        """Energy at past times, when nobody had touched anything."""
        ...


class Lag:
    """A quantity that follows its target as a first-order lag: `target + (start - target) * exp(-t / tau)`."""

    def __init__(self, value: float, tau_s: float, at_ms: int) -> None:
        self._start, self.target, self._tau_ms, self._since_ms = value, value, tau_s * 1000, at_ms

    def at(self, at_ms: int) -> float:
        """The quantity now."""
        return self.target + (self._start - self.target) * self._decay(at_ms)

    def aim(self, target: float, at_ms: int) -> None:
        """Move towards `target` from now on."""
        self._start, self._since_ms, self.target = self.at(at_ms), at_ms, target

    def restart(self, value: float, target: float, at_ms: int) -> None:
        """Stand at `value` on the way to `target`."""
        self._start, self.target, self._since_ms = value, target, at_ms

    def mean(self, from_ms: int, to_ms: int) -> float:
        """Exact mean over a span that begins at or after the last `aim`."""
        fall = self._decay(from_ms) - self._decay(to_ms)
        return self.target + (self._start - self.target) * self._tau_ms * fall / (to_ms - from_ms)

    def is_settled(self, at_ms: int) -> bool:
        return self._start == self.target or at_ms - self._since_ms > SETTLED_TAUS * self._tau_ms

    def _decay(self, at_ms: int) -> float:
        return math.exp(-max(at_ms - self._since_ms, 0) / self._tau_ms)


@dataclass(frozen=True)
class Flicker:
    """The unrest of a real load: a relative change of at most `size` with zero mean and periods of seconds."""

    size: float
    phase: float

    def at(self, at_ms: int) -> float:
        waves = [math.sin(at_ms / 1000 * _TURN / period + self.phase * period) for period in _PERIODS_S]
        return self.size * sum(waves) / len(waves)

    def of(self, times: Times) -> Floats:
        """`at` of many times."""
        waves = [np.sin(times / 1000 * _TURN / period + self.phase * period) for period in _PERIODS_S]
        return np.asarray(self.size * sum(waves) / len(waves))


@dataclass(frozen=True)
class LoadState:
    """A load at one time: the deviation booked so far, and value and target of each control."""

    at_ms: int
    deviation_wh: float
    lags: tuple[tuple[float, float], ...]


class SubItemLoad:
    """One sub-item of a building: a share of its replay, multiplied by what the attached controls do."""

    def __init__(self, track: Track, share: float, flicker: Flicker, lags: Sequence[Lag], started_ms: int) -> None:
        """`track` is the building in kW; each of `lags` stands for an equal part of the load (none: nothing acts)."""
        self._track, self._share_w, self._flicker = track, share * 1000, flicker
        self._lags = tuple(lags)
        self._deviation_wh, self._advanced_ms = 0.0, started_ms

    def power_w(self, at_ms: int) -> float:
        return self._share_w * self._track.value(at_ms) * self._multiplier(at_ms) * (1 + self._flicker.at(at_ms))

    def energy_wh(self, at_ms: int) -> float:
        at_ms = self._advance(at_ms)
        return self._base_wh(at_ms) + self._deviation_wh

    def undisturbed_power_w(self, times: Times) -> Floats:
        return self._share_w * self._track.values(times) * (1 + self._flicker.of(times))

    def undisturbed_energy_wh(self, times: Times) -> Floats:
        return self._share_w * self._track.integrals(times)

    def control(self, index: int, target: float, at_ms: int) -> None:
        """Let control `index` multiply its part of the load by `target` from now on."""
        at_ms = self._advance(at_ms)
        self._lags[index].aim(target, at_ms)

    def state(self, at_ms: int) -> LoadState:
        """What must outlive a restart so that the registers go on."""
        at_ms = self._advance(at_ms)
        return LoadState(at_ms, self._deviation_wh, tuple((lag.at(at_ms), lag.target) for lag in self._lags))

    def restore(self, state: LoadState) -> None:
        """Go on from `state`; the load is taken to have run on meanwhile."""
        self._deviation_wh, self._advanced_ms = state.deviation_wh, state.at_ms
        for lag, (value, target) in zip(self._lags, state.lags, strict=True):
            lag.restart(value, target, state.at_ms)

    def _base_wh(self, at_ms: int) -> float:
        return self._share_w * self._track.integral(at_ms)

    def _multiplier(self, at_ms: int) -> float:
        return sum(lag.at(at_ms) for lag in self._lags) / len(self._lags) if self._lags else 1.0

    def _advance(self, to_ms: int) -> int:
        """Book the deviation up to `to_ms`; a clock set back does not turn the register back."""
        while self._lags and self._advanced_ms < to_ms:
            start = self._advanced_ms
            settled = all(lag.is_settled(start) for lag in self._lags)
            end = to_ms if settled else min(to_ms, start + _CHUNK_MS)
            mean = sum(lag.mean(start, end) for lag in self._lags) / len(self._lags)
            if mean != 1.0:
                self._deviation_wh += (self._base_wh(end) - self._base_wh(start)) * (mean - 1.0)
            self._advanced_ms = end
        self._advanced_ms = max(self._advanced_ms, to_ms)
        return self._advanced_ms


class PartLoad:
    """A fixed part of another load, such as one floor's share of the lighting."""

    def __init__(self, whole: Load, share: float) -> None:
        self._whole, self._share = whole, share

    def power_w(self, at_ms: int) -> float:
        return self._share * self._whole.power_w(at_ms)

    def energy_wh(self, at_ms: int) -> float:
        return self._share * self._whole.energy_wh(at_ms)

    def undisturbed_power_w(self, times: Times) -> Floats:
        return self._share * self._whole.undisturbed_power_w(times)

    def undisturbed_energy_wh(self, times: Times) -> Floats:
        return self._share * self._whole.undisturbed_energy_wh(times)


class SumLoad:
    """Several loads behind one meter."""

    def __init__(self, parts: Sequence[Load]) -> None:
        self._parts = tuple(parts)

    def power_w(self, at_ms: int) -> float:
        return sum(part.power_w(at_ms) for part in self._parts)

    def energy_wh(self, at_ms: int) -> float:
        return sum(part.energy_wh(at_ms) for part in self._parts)

    def undisturbed_power_w(self, times: Times) -> Floats:
        return np.asarray(sum(part.undisturbed_power_w(times) for part in self._parts))

    def undisturbed_energy_wh(self, times: Times) -> Floats:
        return np.asarray(sum(part.undisturbed_energy_wh(times) for part in self._parts))
