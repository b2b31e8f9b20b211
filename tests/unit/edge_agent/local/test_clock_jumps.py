"""Whatever is done to the machine's clock, no reading is lost, and none has a wrong time without saying so."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.time_machine import METER, TRACKER, TRUTH_MS, Box

HOUR_MS, YEAR_MS = 3_600_000, 365 * 86_400_000
JUMPS, EXAMPLES = 40, int(os.environ.get("XIETONG_CLOCK_STORIES", "6"))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path, wall_ms=12_000)
    yield made
    made.close()


def work(box: Box, seconds: int = 3) -> None:
    for _ in range(seconds):
        box.pass_s(1)
        box.read()
        box.look()


def finish(box: Box) -> None:
    box.send()
    assert [one.number for one in sorted(box.stored, key=lambda one: one.number)] == list(box.truth)
    for one in box.stored:
        is_right = abs(one.at_ms - box.truth[one.number]) <= 1000
        assert is_right or one.is_marked
        assert is_right or one.number not in box.sure
    times = [one.at_ms for one in sorted(box.stored, key=lambda one: one.number) if not one.is_marked]
    assert all(before < after for before, after in itertools.pairwise(times))


def test_a_start_in_1970_waits_for_the_time_server_and_is_stamped_anew(box: Box) -> None:
    work(box)
    box.send()
    assert box.stored == []
    box.synchronise()
    work(box)
    finish(box)
    assert len(box.stored) == 6
    assert not any(one.is_marked for one in box.stored)


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
    finish(box)
    assert [one.is_marked for one in box.stored] == [True] * 3 + [False] * 6


def test_the_agent_alone_starting_again_loses_no_time(box: Box) -> None:
    work(box)
    box.stop()
    box.pass_s(100)
    box.start()
    work(box)
    box.synchronise()
    work(box)
    finish(box)
    assert not any(one.is_marked for one in box.stored)


def test_a_clock_that_no_server_ever_sets_sends_marked_times_after_an_hour(box: Box) -> None:
    work(box)
    for _ in range(62):
        box.pass_s(60)
        box.look()
    box.send()
    assert [one.is_marked for one in box.stored] == [True] * 3
    assert all(one.at_ms > 1_760_000_000_000 for one in box.stored)
    assert box.events == ["edge.clock_unsure"]


def test_a_reading_on_its_way_while_the_clock_is_set_gets_the_right_time(box: Box) -> None:
    old_ms = box.clock.now_ms()
    box.synchronise()
    box.look()
    box.clock, now = _Saying(old_ms, is_unsure=False), box.clock
    box.read()
    box.clock = now
    finish(box)


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
    finish(box)
    assert box.events.count("edge.clock_stepped") == 3
    assert not any(one.is_marked for one in box.stored)


ACTIONS = st.sampled_from(("step", "step", "step", "1970", "synchronise", "send", "restart", "reboot"))
STEPS = st.sampled_from((-YEAR_MS, -HOUR_MS, -30_000, 30_000, HOUR_MS, YEAR_MS))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    start=st.sampled_from((12_000, TRUTH_MS, TRUTH_MS - YEAR_MS, TRUTH_MS + HOUR_MS)),
    story=st.lists(st.tuples(ACTIONS, STEPS), min_size=JUMPS, max_size=JUMPS),
)
def test_forty_jumps_lose_nothing_and_leave_no_wrong_time_unmarked(start: int, story: list[tuple[str, int]]) -> None:
    live(start, story)


def live(start_ms: int, story: list[tuple[str, int]]) -> None:
    """One run of a box through a story of jumps, with all its promises checked."""
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder), wall_ms=start_ms)
        try:
            for action, by_ms in story:
                act(box, action, by_ms)
                work(box, 2)
            box.synchronise()
            work(box)
            finish(box)
            assert all(one.device == METER for one in box.stored)
        finally:
            box.close()


def act(box: Box, action: str, by_ms: int) -> None:
    match action:
        case "step":
            box.step(by_ms)
        case "1970":
            box.step(-box.machine.now_ms())
        case "synchronise":
            box.synchronise()
        case "send":
            box.send()
        case "restart":
            box.stop()
            box.start()
        case "reboot":
            box.reboot(max(0, box.machine.now_ms() + by_ms))
