"""Keeps the store of readings small: past days packed, then thinned and condensed when nobody needs more of them.

Counters keep for ever what decides their quarter hours, and lose nothing that is not booked yet. Gauges become means of
quarter hours, and after years of days; states keep their changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from cloud.core.ports import RegisteredDevice
from cloud.core.series import DAY_MS, SeriesKey
from cloud.core.store_upkeep import StoreUpkeep, Upkeep
from cloud.jobs.job import JobPlan, JobTools, Round
from cloud.telemetry.interval import QUARTER_MS
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
            counters, numbers, states = _kinds(device)
            booked_ms = min([raw_ms, *(self._booked_until(key) for key in counters)])
            if counters:
                yield partial(self._store.thin, counters, booked_ms, deciding)
            if states:
                yield partial(self._store.thin, states, raw_ms, changing)
            if numbers:
                yield partial(self._store.condense, numbers, raw_ms, QUARTER_MS)
                yield partial(self._store.condense, numbers, quarters_ms, DAY_MS)

    def _booked_until(self, key: SeriesKey) -> int:
        """Nothing of a counter is taken before its growth is booked."""
        return self._tools.services.intervals.watermark(key) or 0


def _kinds(device: RegisteredDevice) -> tuple[Sequence[SeriesKey], Sequence[SeriesKey], Sequence[SeriesKey]]:
    """Counters, numbers that are measured, and everything that has states."""
    kinds: tuple[list[SeriesKey], list[SeriesKey], list[SeriesKey]] = ([], [], [])
    for point in device.points:
        place = 0 if point.kind == "counter" else 1 if point.datatype in _NUMBERS and point.kind == "gauge" else 2
        kinds[place].append(SeriesKey(device.group, device.device, point.name))
    return kinds


def _nothing() -> bool:
    return False


def _build(tools: JobTools) -> Round:
    upkeep = tools.services.upkeep
    return _nothing if upkeep is None else KeepStore(tools, upkeep).run


JOB = JobPlan(PERIOD_S, _build)
