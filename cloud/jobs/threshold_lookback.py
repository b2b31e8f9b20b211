"""Finds breaches in readings that came late: after an outage, an import, or while this program was down.

They are recorded as late and told once, and never command. Only hours whose number of readings has changed since the
last look are judged, at most a day back and never before the threshold was set.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud.core.series import SeriesKey
from cloud.core.threshold import Threshold
from cloud.energy.breach import find_late_breaches, unrecorded
from cloud.energy.breach_event import OPENED, opened_event
from cloud.energy.threshold import reach_ms
from cloud.jobs.job import JobPlan, JobTools

PERIOD_S = 60.0
REACH_MS = 86_400_000
MARGIN_MS = 60_000
"""The newest minute is left to the live watch."""

HOUR_MS = 3_600_000
BREACHES_READ = 1_000


@dataclass(slots=True)
class Seen:
    """Readings per hour at the last look, for the threshold as it was set then."""

    changed_ms: int
    counts: dict[int, int] = field(default_factory=dict)


class ThresholdLookback:
    """One round: every enabled threshold once."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._seen: dict[str, Seen] = {}

    def run(self) -> bool:
        thresholds = [one for one in self._services.thresholds.thresholds() if one.enabled]
        for threshold in thresholds:
            self._look_back(threshold, self._services.clock.now_ms())
        known = {one.threshold_id for one in thresholds}
        self._seen = {threshold_id: seen for threshold_id, seen in self._seen.items() if threshold_id in known}
        return False

    def _look_back(self, threshold: Threshold, now_ms: int) -> None:
        end_ms = now_ms - MARGIN_MS
        start_ms = max(threshold.changed_ms, now_ms - REACH_MS)
        if start_ms >= end_ms:
            return
        counts = self._counts(threshold, start_ms, end_ms)
        seen = self._seen.get(threshold.threshold_id)
        if seen is None or seen.changed_ms != threshold.changed_ms:
            seen = Seen(threshold.changed_ms)
        changed = [hour_ms for hour_ms, count in counts.items() if seen.counts.get(hour_ms) != count]
        if changed:
            self._record(threshold, max(min(changed), start_ms), end_ms, now_ms)
        self._seen[threshold.threshold_id] = Seen(threshold.changed_ms, counts)

    def _counts(self, threshold: Threshold, start_ms: int, end_ms: int) -> dict[int, int]:
        first_ms = start_ms // HOUR_MS * HOUR_MS
        windows = self._services.store.series(_key(threshold), first_ms, end_ms, window_ms=HOUR_MS, aggregate="count")
        return {one.measured_ms: int(one.value) for one in windows if isinstance(one.value, int | float)}

    def _record(self, threshold: Threshold, begin_ms: int, end_ms: int, now_ms: int) -> None:
        samples = self._services.store.series(_key(threshold), begin_ms - reach_ms(threshold), end_ms + 1)
        found = find_late_breaches(threshold, samples, begin_ms, end_ms)
        if not found:
            return
        recorded = self._services.thresholds.breaches([threshold.institution_id], limit=BREACHES_READ)
        department = self._tools.departments.answering(OPENED)
        for breach in unrecorded(found, recorded):
            self._services.thresholds.save_breach(breach)
            event = opened_event(threshold, breach, department=department, unit=self._unit(threshold), now_ms=now_ms)
            self._services.event_log.append([event])

    def _unit(self, threshold: Threshold) -> str:
        for device in self._services.registry.devices([threshold.institution_id]):
            if (device.group, device.device) == (threshold.group, threshold.device):
                return next((point.unit for point in device.points if point.name == threshold.point), "")
        return ""


def _key(threshold: Threshold) -> SeriesKey:
    return SeriesKey(threshold.group, threshold.device, threshold.point)


JOB = JobPlan(PERIOD_S, lambda tools: ThresholdLookback(tools).run)
