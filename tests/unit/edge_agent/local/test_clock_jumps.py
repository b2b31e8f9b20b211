"""Whatever is done to the machine's clock, no reading is lost, and none has a wrong time without saying so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from foundation.steady_clock import EARLIEST_MS
from tests.support.clock_stories import STARTS, STORIES, YEAR_MS, Story, finish, live, work
from tests.support.time_machine import TRACKER, TRUTH_MS, Box


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path, wall_ms=12_000)
    yield made
    made.close()


def test_a_start_in_1970_waits_for_the_time_server_and_is_stamped_anew(box: Box) -> None:
    work(box)
    box.send()
    assert box.stored == []
    box.synchronise()
    work(box)
    assert finish(box) == []
    assert len(box.stored) == 6
    assert not any(one.is_marked for one in box.stored)


def test_whoever_keeps_our_times_is_told_of_every_shift_of_them(box: Box) -> None:
    told: list[int] = []
    box.on_shift = told.append
    box.synchronise()
    box.look()
    first_ms = TRUTH_MS - 20_000
    assert told == [pytest.approx(first_ms, abs=1)]
    box.pass_s(1)
    box.machine.set_wall(box.true_ms + 3_600_000)
    box.look()
    box.look()
    assert told == [pytest.approx(first_ms, abs=1), pytest.approx(3_600_000, abs=1)]


def test_a_shift_that_cannot_be_noted_elsewhere_does_not_keep_the_clock_from_being_set(box: Box) -> None:
    def refuse(shift_ms: int) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    box.on_shift = refuse
    box.synchronise()
    box.look()
    assert box.clock.now_ms() == box.true_ms


def test_a_tracker_keeps_its_own_time_while_ours_is_set(box: Box) -> None:
    box.read(TRACKER)
    box.synchronise()
    box.look()
    box.pass_s(1)
    box.read(TRACKER)
    box.send()
    assert [(one.at_ms - TRUTH_MS, one.is_marked) for one in box.stored] == [(0, False), (1000, False)]


def test_rows_of_an_earlier_run_of_the_machine_keep_their_mark(box: Box) -> None:
    work(box)
    box.reboot(wall_ms=30_000)
    work(box)
    box.synchronise()
    work(box)
    assert finish(box) == []
    assert [one.is_marked for one in box.stored] == [True] * 3 + [False] * 6
    assert all(one.at_ms >= EARLIEST_MS for one in box.stored)


def test_the_agent_alone_starting_again_loses_no_time(box: Box) -> None:
    work(box)
    box.stop()
    box.pass_s(100)
    box.start()
    work(box)
    box.synchronise()
    work(box)
    assert finish(box) == []
    assert not any(one.is_marked for one in box.stored)


def test_a_clock_that_no_server_ever_sets_sends_marked_times_after_an_hour(box: Box) -> None:
    work(box)
    for _ in range(62):
        box.pass_s(60)
        box.look()
    box.send()
    assert [one.is_marked for one in box.stored] == [True] * 3
    assert all(one.at_ms >= EARLIEST_MS for one in box.stored)
    assert box.events == ["edge.clock_unsure"]


def test_a_reading_on_its_way_while_the_clock_is_set_gets_the_right_time(box: Box) -> None:
    old_ms = box.clock.now_ms()
    box.synchronise()
    box.look()
    box.clock, now = _Saying(old_ms, is_unsure=False), box.clock
    box.read()
    box.clock = now
    assert finish(box) == []
    assert box.stored
    assert not any(one.is_marked for one in box.stored)


class _Saying:
    """A clock that says one time."""

    def __init__(self, at_ms: int, *, is_unsure: bool) -> None:
        self.at_ms, self.is_unsure = at_ms, is_unsure

    def now_ms(self) -> int:
        return self.at_ms


def test_steps_are_told_and_a_right_clock_does_not_follow_them(box: Box) -> None:
    box.synchronise()
    work(box)
    box.step(-YEAR_MS)
    work(box)
    box.step(2 * YEAR_MS)
    work(box)
    assert finish(box) == []
    assert box.events.count("edge.clock_stepped") == 3
    assert not any(one.is_marked for one in box.stored)


@settings(max_examples=6, deadline=None)
@given(start_ms=STARTS, story=STORIES)
def test_forty_jumps_lose_nothing_and_leave_no_wrong_time_unmarked(start_ms: int, story: Story) -> None:
    assert live(start_ms, story) == []
