"""Keeps the store of readings small: past days packed, then thinned and condensed when nobody needs more of them.

Counters keep for ever what decides their quarter hours, and lose nothing that is not booked yet. Gauges become means of
quarter hours, and after years of days; states keep their changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from cloud.core.ports import RegisteredDevice
from cloud.core.series import DAY_MS, SeriesKey
from cloud.core.store_upkeep import Decide, StoreUpkeep, Upkeep
from cloud.jobs.job import JobPlan, JobTools, Round
from cloud.telemetry.thinning import changing, deciding

PERIOD_S = 300.0
EVERY_S = 86_400.0
"""So often it is looked what has become old enough."""

_NUMBERS = ("int", "float")


class KeepStore:
    """One round: a bounded part of what there is to do; the oldest days of all devices come first."""

    def __init__(self, tools: JobTools, upkeep: Upkeep) -> None:
        self._tools, self._upkeep = tools, upkeep
        self._store: StoreUpkeep = upkeep.store
        self._left: list[Round] = []
        self._next_look_s = float("-inf")

    def run(self) -> bool:
        clock = self._tools.services.clock
        if self._store.pack(clock.now_ms()):
            return True
        if not self._left and clock.monotonic() >= self._next_look_s:
            self._left = list(self._parts(clock.now_ms()))
            self._next_look_s = clock.monotonic() + EVERY_S
        while self._left:
            if self._left[-1]():
                return True
            self._left.pop()
        return False

    def _parts(self, now_ms: int) -> Iterator[Round]:
        raw_ms = now_ms - self._upkeep.raw_days * DAY_MS
        quarters_ms = now_ms - self._upkeep.quarter_days * DAY_MS
        for device in self._tools.services.registry.devices(self._tools.institution_ids()):
            decide, numbers = _rules(device)
            counters = [key for key, rule in decide.items() if rule is deciding]
            # Nothing of a counter is taken before its growth is booked.
            booked_ms = [self._tools.services.intervals.watermark(key) or 0 for key in counters]
            yield partial(self._store.thin, decide, numbers, min([raw_ms, *booked_ms]))
            yield partial(self._store.condense, numbers, quarters_ms)


def _rules(device: RegisteredDevice) -> tuple[Mapping[SeriesKey, Decide], Sequence[SeriesKey]]:
    """What decides for counters and states of a device, and the numbers that are measured."""
    keys = {SeriesKey(device.group, device.device, point.name): point for point in device.points}
    numbers = [key for key, point in keys.items() if point.kind == "gauge" and point.datatype in _NUMBERS]
    decide = {
        key: deciding if point.kind == "counter" else changing for key, point in keys.items() if key not in numbers
    }
    return decide, numbers


def _nothing() -> bool:
    return False


def _build(tools: JobTools) -> Round:
    upkeep = tools.services.upkeep
    return _nothing if upkeep is None else KeepStore(tools, upkeep).run


JOB = JobPlan(PERIOD_S, _build)
