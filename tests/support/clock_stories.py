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


def finish(box: Box) -> list[str]:
    """Send what waits; the promises about it that were broken."""
    box.send()
    stored = sorted(box.stored, key=lambda one: one.number)
    broken = [] if [one.number for one in stored] == list(box.truth) else ["the numbers stored are not those measured"]
    for one in stored:
        if one.at_ms < EARLIEST_MS:
            broken.append(f"{one} is older than this software")
        if abs(one.at_ms - box.truth[one.number]) > 1000 and (not one.is_marked or one.number in box.sure):
            broken.append(f"{one} is wrong and does not say so, truth {box.truth[one.number]}")
    unmarked = [one for one in stored if not one.is_marked]
    return broken + [f"{one} is before {two}" for one, two in itertools.pairwise(unmarked) if one.at_ms >= two.at_ms]


def live(start_ms: int, story: Story) -> list[str]:
    """One run of a box through a story of jumps; the promises that were broken."""
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder), wall_ms=start_ms)
        try:
            for action, by_ms in story:
                act(box, action, by_ms)
                work(box, 2)
            box.synchronise()
            work(box)
            return finish(box) + [f"{one} is of no meter" for one in box.stored if one.device != METER]
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
