"""Loads follow their controls with a lag; registers follow the loads exactly and never run backwards."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.loads import Flicker, Lag, PartLoad, SubItemLoad, SumLoad
from simulators.replay import HOUR_MS, Replay, load_source

TRACK = Replay(load_source(), date(2025, 6, 1)).column("cam_b112")
START_MS = TRACK.origin_ms + 400 * 24 * HOUR_MS
STEADY = Flicker(0.0, 0.0)


def _load(lags: int = 2, tau_s: float = 2.5) -> SubItemLoad:
    return SubItemLoad(TRACK, 0.4, STEADY, [Lag(1.0, tau_s, START_MS) for _ in range(lags)], START_MS)


def test_a_lag_has_gone_63_percent_of_its_way_after_one_tau() -> None:
    lag = Lag(1.0, 2.5, 0)
    lag.aim(2.0, 0)
    assert lag.at(2500) == pytest.approx(1 + 0.632, abs=0.001)
    assert lag.at(12_500) == pytest.approx(2.0, abs=0.01)


@given(st.floats(0, 3), st.floats(0, 3), st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_mean_of_a_lag_is_that_of_its_curve(start: float, target: float, first: int, span: int) -> None:
    lag = Lag(start, 2.5, 0)
    lag.aim(target, 0)
    sampled = np.mean([lag.at(round(at)) for at in np.linspace(first, first + span, 2001)])
    assert lag.mean(first, first + span) == pytest.approx(float(sampled), abs=2e-3)


def test_half_of_the_load_follows_one_of_two_controls() -> None:
    load = _load()
    before = load.power_w(START_MS)
    load.control(0, 2.0, START_MS)
    assert load.power_w(START_MS) == before
    assert load.power_w(START_MS + 20_000) == pytest.approx(1.5 * before, rel=0.01)


def test_energy_is_the_area_under_a_disturbed_power() -> None:
    load = _load()
    load.control(0, 2.2, START_MS + 3_000)
    load.control(1, 2.2, START_MS + 4_000)
    times = np.arange(START_MS, START_MS + 30_001, 20)
    powers = np.array([_undriven_power(at) for at in times.tolist()])
    area_wh = float(np.trapezoid(powers, times)) / HOUR_MS
    assert load.energy_wh(START_MS + 30_000) - _load().energy_wh(START_MS) == pytest.approx(area_wh, rel=1e-4)


def _undriven_power(at_ms: int) -> float:
    """The same story told anew up to one moment, so that no bookkeeping is shared with the load under test."""
    load = _load()
    for control, since in ((0, 3_000), (1, 4_000)):
        if at_ms >= START_MS + since:
            load.control(control, 2.2, START_MS + since)
    return load.power_w(at_ms)


EVENTS = st.lists(
    st.tuples(st.integers(-2_000, 90_000), st.integers(0, 1), st.sampled_from([0.0, 0.03, 0.2, 1.0, 2.6])), max_size=12
)


@settings(max_examples=60)
@given(EVENTS)
def test_a_register_never_runs_backwards(events: list[tuple[int, int, float]]) -> None:
    load, now_ms, last = _load(), START_MS, 0.0
    for pause_ms, control, target in events:
        now_ms += pause_ms  # a negative pause is a clock set back
        energy = load.energy_wh(now_ms)
        assert energy >= last
        last = energy
        load.control(control, target, now_ms)
    assert load.energy_wh(now_ms + 5_000) >= last


def test_without_a_disturbance_the_register_is_the_pure_integral() -> None:
    load, times = _load(), np.array([START_MS, START_MS + 60_000, START_MS + HOUR_MS], dtype=np.int64)
    assert [load.energy_wh(at) for at in times.tolist()] == load.undisturbed_energy_wh(times).tolist()


def test_a_restarted_load_goes_on_as_if_it_had_never_stopped() -> None:
    first, second = _load(), _load()
    first.control(0, 2.2, START_MS + 1_000)
    kept = first.state(START_MS + 3_000)
    second.restore(kept)
    later = START_MS + 60_000
    assert second.energy_wh(later) == pytest.approx(first.energy_wh(later), abs=1e-6)
    assert second.power_w(later) == pytest.approx(first.power_w(later))


def test_parts_and_sums_measure_what_their_loads_do() -> None:
    one, other, at = _load(), _load(0), START_MS + 5_000
    both = SumLoad([one, PartLoad(other, 0.25)])
    assert both.power_w(at) == one.power_w(at) + 0.25 * other.power_w(at)
    assert both.energy_wh(at) == one.energy_wh(at) + 0.25 * other.energy_wh(at)


@given(st.integers(0, 10**9))
def test_flicker_stays_small_and_is_the_same_for_one_time_and_many(at_ms: int) -> None:
    flicker = Flicker(0.008, 3.0)
    assert abs(flicker.at(at_ms)) <= 0.008
    assert flicker.of(np.array([at_ms]))[0] == pytest.approx(flicker.at(at_ms), abs=1e-12)
