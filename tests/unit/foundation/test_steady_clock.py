"""A wall clock that only a time server moves, and that never runs backwards for a little correction."""

from __future__ import annotations

import pytest

from foundation.steady_clock import ClockQuality, KeptTime, SteadyClock
from tests.support.manual_clock import ManualClock

NOW_MS = 1_790_000_000_000


def synced(machine: ManualClock) -> SteadyClock:
    clock = SteadyClock(machine, boot="a")
    look = clock.look(is_synchronised=True)
    assert look.shift_ms is not None
    clock.adopt(look.shift_ms, is_sure=look.is_sure)
    return clock


def test_a_server_further_back_slows_our_time_down_until_it_fits() -> None:
    machine = ManualClock(now_ms=NOW_MS)
    clock = synced(machine)
    machine.set_wall(NOW_MS - 4_000)
    last = clock.now_ms()
    for _ in range(12):
        machine.advance(1)
        clock.look(is_synchronised=True)
        assert clock.now_ms() > last
        last = clock.now_ms()
    assert clock.now_ms() == machine.now_ms()


def test_a_large_correction_by_a_server_is_followed_at_once_and_told() -> None:
    machine = ManualClock(now_ms=NOW_MS)
    clock = synced(machine)
    machine.set_wall(NOW_MS - 3_600_000)
    look = clock.look(is_synchronised=True)
    assert (look.moved_ms, look.step_ms, clock.now_ms()) == (-3_600_000, -3_600_000, NOW_MS - 3_600_000)


def test_without_the_server_time_goes_on_by_itself() -> None:
    machine = ManualClock(now_ms=NOW_MS)
    clock = synced(machine)
    machine.set_wall(0)
    assert clock.look(is_synchronised=False).shift_ms is None
    machine.advance(100)
    assert (clock.now_ms(), clock.quality, clock.is_trusted) == (NOW_MS + 100_000, ClockQuality.HOLDOVER, True)


@pytest.mark.parametrize(("wall_ms", "is_guess"), [(0, True), (NOW_MS - 3_600_000, True), (NOW_MS + 5, False)])
def test_a_machine_that_starts_before_the_latest_known_time_only_guesses(wall_ms: int, is_guess: bool) -> None:
    kept = KeptTime(NOW_MS, "a", 0, ClockQuality.SYNCED, is_guess=False, unsure_after=0)
    clock = SteadyClock(ManualClock(now_ms=wall_ms, monotonic_s=3), boot="b", kept=kept)
    assert (clock.is_guess, clock.is_trusted) == (is_guess, False)
    assert clock.now_ms() == (3_000 if is_guess else wall_ms)
    assert clock.kept(0).wall_ms == (NOW_MS if is_guess else wall_ms)


def test_runs_of_a_machine_without_names_are_never_taken_for_one() -> None:
    kept = KeptTime(NOW_MS, "", 0, ClockQuality.SYNCED, is_guess=False, unsure_after=0)
    clock = SteadyClock(ManualClock(now_ms=NOW_MS + 5), boot="", kept=kept)
    assert (clock.now_ms(), clock.quality) == (NOW_MS + 5, ClockQuality.UNSYNCED)


def test_a_clock_set_by_hand_counts_after_a_restart_of_the_agent() -> None:
    kept = KeptTime(NOW_MS, "a", NOW_MS - 1_000_000, ClockQuality.UNSYNCED, is_guess=False, unsure_after=0)
    clock = SteadyClock(ManualClock(now_ms=NOW_MS + 7_200_000), boot="a", kept=kept)
    look = clock.look(is_synchronised=False)
    assert (look.shift_ms, look.is_sure) == (7_200_000, False)
