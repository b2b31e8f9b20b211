"""When which points of a device are due: fixed times that never drift, and missed ones are skipped, not made up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from device_profiles.profile import Poll
from edge_agent.site import PollPlan

DAY_S = 86_400.0
COMMON_S = 0.25
"""Polls begin at moments so far apart that many devices share: to wake up costs more than to ask one more."""


def poll_periods(plan: PollPlan) -> dict[Poll, float]:
    """Seconds between polls of each class; `once` has none."""
    return {"fast": plan.fast_s, "normal": plan.normal_s, "slow": plan.slow_s, "daily": DAY_S}


def common_start(wanted_s: float, shortest_s: float) -> float:
    """The last common moment up to `wanted_s`, for polls that come every `shortest_s` or less often."""
    apart_s = min(COMMON_S, shortest_s / 4)
    return math.floor(wanted_s / apart_s) * apart_s


class PollSchedule:
    """The poll classes of one device, all counted from `start_s` (monotonic), so that slow polls meet fast ones.

    `missed` counts times that passed without a poll.
    """

    def __init__(self, classes: Iterable[Poll], periods: Mapping[Poll, float], start_s: float) -> None:
        self._start_s = start_s
        self._periods = {one: periods[one] for one in classes if one in periods}
        # A device whose points are all read once still has to be found.
        if not self._periods:
            self._periods = {"slow": periods["slow"]}
        self._due_s = dict.fromkeys(self._periods, start_s)
        self.missed = 0

    @property
    def next_s(self) -> float:
        """Monotonic time of the next poll."""
        return min(self._due_s.values())

    def take_due(self, now_s: float) -> set[Poll]:
        """The classes due now; each is due again at its next time after `now_s`."""
        due = {one for one, at_s in self._due_s.items() if at_s <= now_s}
        for one in due:
            period_s = self._periods[one]
            passed = math.floor((now_s - self._start_s) / period_s)
            next_s = self._start_s + (passed + 1) * period_s
            next_s = next_s if next_s > now_s else next_s + period_s
            self.missed += round((next_s - self._due_s[one]) / period_s) - 1
            self._due_s[one] = next_s
        return due
