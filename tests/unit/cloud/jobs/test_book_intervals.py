"""Booking interval energy: exact, newest first, bounded, and right in the end however the readings arrive."""

from __future__ import annotations

import random

import pytest

from cloud.core.series import Sample, SeriesKey
from cloud.jobs.book_intervals import BookIntervals, wrap_of
from cloud.telemetry.interval import QUARTER_MS
from device_profiles.catalogue import load_catalogue
from gateway.messages import Quality
from tests.support.thinking import GROUP, ThinkingSide, counter, device, gauge

ENERGY = "Energy/Active/Total"
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
WEEKS = 8


def key(name: str) -> SeriesKey:
    return SeriesKey(GROUP, name, ENERGY)


def meters(side: ThinkingSide, *names: str) -> None:
    for name in names:
        side.registry.known[GROUP, name] = device(name, "meter", counter(ENERGY, "Wh"), gauge("Frequency", "Hz"))


@pytest.fixture
def side() -> ThinkingSide:
    made = ThinkingSide()
    # A whole day, so that days and hours begin where the tests say.
    made.clock.advance((DAY_MS - made.clock.now_ms() % DAY_MS) / 1000 + 6 * 3600)
    meters(made, "a-main")
    return made


def run_out(job: BookIntervals, rounds: int = 10_000) -> int:
    """Rounds until there is no more to do at once."""
    for number in range(1, rounds):
        if not job.run():
            return number
    raise AssertionError("the job never rests")


def later(side: ThinkingSide, job: BookIntervals, seconds: float) -> None:
    side.clock.advance(seconds)
    run_out(job)


def booked(side: ThinkingSide, name: str = "a-main") -> list[tuple[int, int, bool]]:
    of_series = side.intervals.current.get(key(name), {})
    return [(one.start_ms, one.delta, one.is_estimated) for _, one in sorted(of_series.items())]


def history(side: ThinkingSide, days: int, step_ms: int = QUARTER_MS) -> list[Sample]:
    """Registers from `days` ago until now, growing unevenly."""
    now_ms, value, chance = side.clock.now_ms(), 1_000, random.Random(7)
    samples = []
    for at_ms in range(now_ms - days * DAY_MS, now_ms + 1, step_ms):
        samples.append(Sample(at_ms, value))
        value += chance.randint(0, 5_000)
    return samples


def test_only_closed_quarters_are_booked(side: ThinkingSide) -> None:
    now_ms = side.clock.now_ms()
    side.store.put(key("a-main"), *[Sample(now_ms + minute * 60_000, 10 * minute) for minute in range(-40, 5)])
    run_out(BookIntervals(side.tools))
    assert booked(side) == [(now_ms - 2 * QUARTER_MS, 150, False), (now_ms - QUARTER_MS, 150, False)]


def test_live_quarters_are_booked_as_they_close_and_each_once(side: ThinkingSide) -> None:
    job, start_ms = BookIntervals(side.tools), side.clock.now_ms()
    for minute in range(121):
        side.store.put(key("a-main"), Sample(side.clock.now_ms(), 7 * minute))
        later(side, job, 60)
    assert [delta for _, delta, _ in booked(side)] == [105] * 8
    assert booked(side)[0][0] == start_ms
    assert side.intervals.version_count == 8


@pytest.mark.slow
def test_eight_weeks_of_thirty_one_counters_are_booked_exactly_with_today_first(side: ThinkingSide) -> None:
    names = [f"m-{number}" for number in range(31)]
    meters(side, *names)
    for name in names:
        side.store.put(key(name), *history(side, 7 * WEEKS))
    job = BookIntervals(side.tools)
    job.run()
    today_ms = side.clock.now_ms() - QUARTER_MS
    assert all(booked(side, name)[-1][0] == today_ms for name in names)
    run_out(job)
    for name in names:
        samples = history(side, 7 * WEEKS)
        assert len(booked(side, name)) == 7 * WEEKS * 96
        assert sum(delta for _, delta, _ in booked(side, name)) == samples[-1].value - samples[0].value  # type: ignore[operator]
        assert not any(is_estimated for _, _, is_estimated in booked(side, name))
    assert side.intervals.largest_booking <= 192


def test_history_that_drains_while_readings_are_live_ends_in_the_same_book(side: ThinkingSide) -> None:
    samples = history(side, 10)
    plain = ThinkingSide(clock=side.clock)
    meters(plain, "a-main")
    plain.store.put(key("a-main"), *samples)
    run_out(BookIntervals(plain.tools))

    job = BookIntervals(side.tools)
    side.store.put(key("a-main"), samples[-1])
    run_out(job)
    for start in range(0, len(samples) - 1, 100):
        side.store.put(key("a-main"), *samples[start : start + 100])
        later(side, job, 31)
    later(side, job, 120)
    later(side, job, 1_000)
    assert booked(side) == booked(plain)
    # Nothing was guessed on the way: every interval was booked once.
    assert side.intervals.version_count == len(booked(side))


def test_a_gap_is_left_open_for_a_while_then_estimated_and_corrected_by_what_comes_late(side: ThinkingSide) -> None:
    samples = history(side, 1)
    missing = samples[40:60]
    side.store.put(key("a-main"), *samples[:40], *samples[60:])
    job = BookIntervals(side.tools)
    run_out(job)
    estimated = [one for one in booked(side) if one[2]]
    assert len(estimated) == 21
    assert sum(delta for _, delta, _ in booked(side)) == samples[-1].value - samples[0].value  # type: ignore[operator]
    side.store.put(key("a-main"), *missing)
    later(side, job, 31)
    assert not any(is_estimated for _, _, is_estimated in booked(side))
    assert sum(delta for _, delta, _ in booked(side)) == samples[-1].value - samples[0].value  # type: ignore[operator]


def test_a_fresh_gap_waits_for_the_edge_to_send_what_is_missing(side: ThinkingSide) -> None:
    now_ms = side.clock.now_ms()
    before = [Sample(now_ms - 4 * HOUR_MS + minute * 60_000, minute) for minute in range(61)]
    side.store.put(key("a-main"), *before, Sample(now_ms, 1_000))
    job = BookIntervals(side.tools)
    run_out(job)
    assert len(booked(side)) == 4
    for minute in range(1, 20):
        side.store.put(key("a-main"), Sample(side.clock.now_ms() + 60_000, 1_000 + minute))
        later(side, job, 60)
    assert len(booked(side)) == 4 + 12 + 1
    assert sum(delta for _, delta, _ in booked(side)) == 1_000 + 15


def test_daily_registers_are_booked_without_a_hole(side: ThinkingSide) -> None:
    job, start_ms = BookIntervals(side.tools), side.clock.now_ms()
    for day in range(12):
        side.store.put(key("a-main"), Sample(side.clock.now_ms() + 300_000, 960 * day))
        later(side, job, 600)
        later(side, job, 3_000)
        starts = [start for start, _, _ in booked(side)]
        assert starts == list(range(start_ms + QUARTER_MS, start_ms + day * DAY_MS, QUARTER_MS))
        later(side, job, 82_800)


def test_a_restart_books_nothing_again_and_goes_on(side: ThinkingSide) -> None:
    samples = history(side, 20)
    side.store.put(key("a-main"), *samples)
    run_out(BookIntervals(side.tools))
    versions, before = side.intervals.version_count, side.store.read
    job = BookIntervals(side.tools)
    run_out(job)
    assert side.intervals.version_count == versions
    assert side.store.read - before < len(samples) / 4
    side.store.put(key("a-main"), Sample(side.clock.now_ms() + QUARTER_MS, 10**9))
    later(side, job, 900)
    assert len(booked(side)) == 20 * 96 + 1


def test_bad_registers_and_points_that_are_no_counters_are_not_booked(side: ThinkingSide) -> None:
    now_ms = side.clock.now_ms()
    side.store.put(key("a-main"), Sample(now_ms - QUARTER_MS, 5), Sample(now_ms - 60_000, 9_999_999, Quality.BAD))
    side.store.put(key("a-main"), Sample(now_ms, 25))
    side.store.put(SeriesKey(GROUP, "a-main", "Frequency"), *[Sample(now_ms - n * QUARTER_MS, 50) for n in range(9)])
    run_out(BookIntervals(side.tools))
    assert booked(side) == [(now_ms - QUARTER_MS, 20, False)]
    assert list(side.intervals.current) == [key("a-main")]


def test_the_wrap_of_the_profile_is_taken_in_base_units() -> None:
    catalogue = load_catalogue()
    for profile in catalogue.all():
        for point in profile.all_points:
            if point.kind != "counter":
                continue
            wrap = wrap_of(device("any", "meter", profile=profile.id), point.name, catalogue)
            if point.counter.wrap is None or point.ratio:
                assert wrap is None
            else:
                assert wrap == point.counter.wrap * point.scale * point.display_unit.factor
    assert wrap_of(device("any", "meter"), ENERGY, catalogue) is None
    assert wrap_of(device("any", "meter", profile="acrel.adl400"), "No/Such", catalogue) is None
