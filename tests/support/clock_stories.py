"""Stories of a box whose clock is set forty times, and what must be true at the end of each."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import strategies as st

from foundation.steady_clock import EARLIEST_MS
from tests.support.time_machine import METER, TRUTH_MS, Box

HOUR_MS, YEAR_MS = 3_600_000, 365 * 86_400_000
JUMPS = 40
Story = list[tuple[str, int]]

ACTIONS = st.sampled_from(("step", "step", "step", "1970", "synchronise", "send", "restart", "reboot"))
STEPS = st.sampled_from((-YEAR_MS, -HOUR_MS, -30_000, 30_000, HOUR_MS, YEAR_MS))
STARTS = st.sampled_from((12_000, TRUTH_MS, TRUTH_MS - YEAR_MS, TRUTH_MS + HOUR_MS))
STORIES = st.lists(st.tuples(ACTIONS, STEPS), min_size=JUMPS, max_size=JUMPS)


def work(box: Box, seconds: int = 3) -> None:
    for _ in range(seconds):
        box.pass_s(1)
        box.read()
        box.look()


def finish(box: Box) -> None:
    box.send()
    assert [one.number for one in sorted(box.stored, key=lambda one: one.number)] == list(box.truth)
    for one in box.stored:
        assert one.at_ms >= EARLIEST_MS
        is_right = abs(one.at_ms - box.truth[one.number]) <= 1000
        assert is_right or one.is_marked
        assert is_right or one.number not in box.sure
    times = [one.at_ms for one in sorted(box.stored, key=lambda one: one.number) if not one.is_marked]
    assert all(before < after for before, after in itertools.pairwise(times))


def live(start_ms: int, story: Story) -> None:
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
