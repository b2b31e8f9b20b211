"""Breaches in readings that came late: recorded and told once, never commanded."""

from __future__ import annotations

import pytest

from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import BreachState
from cloud.jobs.threshold_lookback import ThresholdLookback
from cloud.jobs.threshold_watch import ThresholdWatch
from tests.support.thinking import GROUP, ThinkingSide, device, gauge, peak_limit

MAIN = SeriesKey(GROUP, "a-main", "Power/Active/Total")
HOUR_MS = 3_600_000


@pytest.fixture
def side() -> ThinkingSide:
    made = ThinkingSide()
    made.thresholds.save(peak_limit())
    made.registry.known = {(GROUP, "a-main"): device("a-main", "meter", gauge("Power/Active/Total", "W"))}
    return made


def put(side: ThinkingSide, from_ago_s: int, until_ago_s: int, power_w: float) -> None:
    now_ms = side.clock.now_ms()
    samples = (Sample(now_ms - ago_s * 1000, power_w) for ago_s in range(from_ago_s, until_ago_s, -5))
    side.store.put(MAIN, *samples)


def test_a_backlog_opens_a_recorded_breach_and_no_command(side: ThinkingSide) -> None:
    put(side, 7_200, 5_400, 50_000)
    put(side, 5_000, 0, 50_000)
    job = ThresholdLookback(side.tools)
    job.run()
    assert side.thresholds.breaches() == []
    put(side, 5_400, 5_000, 150_000)
    side.clock.advance(60)
    job.run()
    [breach] = side.thresholds.breaches()
    assert (breach.is_late, breach.state, breach.command_ids) == (True, BreachState.CLOSED, ())
    assert breach.peak == 150_000
    [event] = side.log.events
    assert (event.kind, event.is_late, event.occurred_ms) == ("energy.threshold_breach", True, breach.opened_ms)
    assert side.ledger.records == {}


def test_nothing_is_recorded_or_told_twice_even_after_a_restart(side: ThinkingSide) -> None:
    put(side, 7_200, 5_000, 150_000)
    put(side, 5_000, 0, 50_000)
    for job in (ThresholdLookback(side.tools), ThresholdLookback(side.tools)):
        job.run()
        side.clock.advance(60)
        job.run()
    assert len(side.thresholds.breaches()) == len(side.log.events) == 1


def test_what_the_live_watch_has_recorded_is_left_alone(side: ThinkingSide) -> None:
    watch, lookback = ThresholdWatch(side.tools), ThresholdLookback(side.tools)
    for second in range(400):
        side.clock.advance(1)
        if second % 5 == 0:
            side.store.put(MAIN, Sample(side.clock.now_ms(), 150_000.0 if 60 <= second < 200 else 50_000.0))
        watch.run()
        if second % 60 == 0:
            lookback.run()
    [breach] = side.thresholds.breaches()
    assert not breach.is_late


def test_readings_from_before_the_threshold_was_set_are_not_judged(side: ThinkingSide) -> None:
    put(side, 7_200, 3_700, 150_000)
    put(side, 3_700, 0, 50_000)
    side.thresholds.save(peak_limit(changed_ms=side.clock.now_ms() - HOUR_MS))
    ThresholdLookback(side.tools).run()
    assert side.thresholds.breaches() == []


def test_unchanged_hours_are_not_read_again(side: ThinkingSide) -> None:
    put(side, 8 * 3_600, 0, 50_000)
    job = ThresholdLookback(side.tools)
    job.run()
    first = side.store.read
    side.clock.advance(60)
    job.run()
    assert side.store.read - first < first / 4


def test_a_disabled_threshold_is_not_judged(side: ThinkingSide) -> None:
    put(side, 7_200, 0, 150_000)
    side.thresholds.save(peak_limit(enabled=False))
    ThresholdLookback(side.tools).run()
    assert side.thresholds.breaches() == []
