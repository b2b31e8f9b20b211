"""Watches every threshold live: each second the newest readings are judged, breaches opened, answered and closed.

What arrives later than this job can use is judged by `threshold_lookback`, which records and never commands.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace

from cloud.core.series import Sample, SeriesKey
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.energy.answer import BreachAnswer, Devices
from cloud.energy.breach import close_breach, open_breach, resume
from cloud.energy.breach_event import OPENED, cleared_event, opened_event
from cloud.energy.threshold import LATE_AFTER_MS, ThresholdState, Transition, reach_ms, step
from cloud.jobs.job import JobPlan, JobTools
from gateway.messages import Quality

log = logging.getLogger(__name__)

PERIOD_S = 1.0
SETTLE_MS = 2_000
"""A reading takes about a second from the register to the store; judging later than that judges what was measured."""

OVERLAP_MS = 60_000
"""How far back each round reads again, for readings that came a little late."""

LIVE_AGE_MS = 30_000
"""What is older than this when it is first seen is a replay, unless it is the newest that is known."""

AHEAD_MS = 300_000
PEAK_GROWTH = 1.01
BREACHES_READ = 1_000


@dataclass(slots=True)
class Watched:
    """A threshold being watched, and its open breach. `has_past` after the first look into the store."""

    threshold: Threshold
    state: ThresholdState
    breach: Breach | None = None
    has_past: bool = False

    @property
    def key(self) -> SeriesKey:
        return SeriesKey(self.threshold.group, self.threshold.device, self.threshold.point)


class ThresholdWatch:
    """One round: take over what officers changed, then judge every threshold up to a moment ago."""

    def __init__(self, tools: JobTools) -> None:
        self._tools, self._services = tools, tools.services
        self._book = tools.services.thresholds
        self._answer = BreachAnswer(tools.services.commands, tools.services.thresholds.save_breach)
        self._watched: dict[str, Watched] = {}
        self._is_resumed = False

    def run(self) -> bool:
        try:
            self._round(self._services.clock.now_ms())
        except BaseException:
            # Half a round is worth no more than a crash: the next one goes on from what is in the books.
            self._watched.clear()
            self._is_resumed = False
            raise
        return False

    def _round(self, now_ms: int) -> None:
        thresholds = {one.threshold_id: one for one in self._book.thresholds() if one.enabled}
        if not self._is_resumed:
            self._resume(thresholds, now_ms)
            self._is_resumed = True
        self._take_over_changes(thresholds, now_ms)
        devices = self._devices({one.institution_id for one in thresholds.values()})
        for watched in self._watched.values():
            self._judge(watched, devices, now_ms)

    def _resume(self, thresholds: dict[str, Threshold], now_ms: int) -> None:
        """Go on with the breaches that were open when the process ended."""
        for breach in self._book.breaches(limit=BREACHES_READ):
            if breach.state is not BreachState.OPEN:
                continue
            threshold = thresholds.get(breach.threshold_id)
            if threshold is None or threshold.threshold_id in self._watched:
                log.warning("breach %s has no threshold any more and is closed", breach.breach_id)
                self._answer.give_back(breach, now_ms)
                self._book.save_breach(close_breach(breach, now_ms, breach.peak))
                continue
            self._watched[threshold.threshold_id] = Watched(threshold, resume(breach, now_ms - SETTLE_MS), breach)
            # The crash may have come between the breach and its event; the same event is logged once.
            self._tell_opened(threshold, breach, now_ms)

    def _take_over_changes(self, thresholds: dict[str, Threshold], now_ms: int) -> None:
        for threshold_id, watched in list(self._watched.items()):
            current = thresholds.get(threshold_id)
            if current is not None and _same_series(current, watched.threshold):
                watched.threshold = current
                continue
            if watched.breach is not None:
                self._close(watched, now_ms, watched.state.peak, now_ms)
            del self._watched[threshold_id]
        for threshold_id, threshold in thresholds.items():
            if threshold_id not in self._watched:
                self._watched[threshold_id] = Watched(threshold, ThresholdState(now_ms - SETTLE_MS))

    def _judge(self, watched: Watched, devices: Devices, now_ms: int) -> None:
        until_ms = now_ms - SETTLE_MS
        if until_ms - watched.state.evaluated_ms > LATE_AFTER_MS:
            # The machine slept: what was missed is for the look back.
            watched.state = replace(watched.state, evaluated_ms=until_ms, above_since_ms=None)
        samples = self._live_samples(watched, now_ms)
        device = devices.get((watched.threshold.group, watched.threshold.device))
        if device is not None and not device.is_online:
            # The last value of a device that is gone does not hold; 1 ms later, so that it keeps its own moment.
            samples.append(Sample(device.changed_ms + 1, None, Quality.BAD))
        watched.state, transitions = step(watched.threshold, watched.state, samples, until_ms)
        for transition in transitions:
            self._take(watched, transition, now_ms)
        if watched.breach is not None:
            watched.breach = self._hold(watched, watched.breach, devices, now_ms)

    def _live_samples(self, watched: Watched, now_ms: int) -> list[Sample]:
        """What the store has of the last while, without readings that an edge sends again after an outage."""
        known = watched.state.samples
        begin_ms = now_ms - SETTLE_MS - reach_ms(watched.threshold)
        if known:
            begin_ms = max(begin_ms, known[-1].measured_ms - OVERLAP_MS)
        samples = self._services.store.series(watched.key, begin_ms, now_ms + AHEAD_MS)
        if not watched.has_past:
            watched.has_past = True
            return samples
        seen = {sample.measured_ms for sample in known}
        live_from_ms = min(now_ms - LIVE_AGE_MS, samples[-1].measured_ms) if samples else now_ms
        return [one for one in samples if one.measured_ms >= live_from_ms or one.measured_ms in seen]

    def _take(self, watched: Watched, transition: Transition, now_ms: int) -> None:
        if transition.state is BreachState.CLOSED:
            self._close(watched, transition.at_ms, transition.peak, now_ms)
            return
        watched.breach = open_breach(watched.threshold, transition)
        self._book.save_breach(watched.breach)
        self._tell_opened(watched.threshold, watched.breach, now_ms)

    def _hold(self, watched: Watched, breach: Breach, devices: Devices, now_ms: int) -> Breach:
        """Keep a higher peak, and act while the limit is exceeded."""
        if watched.state.peak > breach.peak * PEAK_GROWTH:
            breach = replace(breach, peak=watched.state.peak)
            self._book.save_breach(breach)
        mean = watched.state.mean
        if not watched.threshold.actions or mean is None or mean <= watched.threshold.limit:
            return breach
        answered = self._answer.act(watched.threshold, breach, devices, now_ms)
        if answered.command_ids != breach.command_ids:
            self._services.wake()
        return answered

    def _close(self, watched: Watched, at_ms: int, peak: float, now_ms: int) -> None:
        """Equipment first, then the word of it, then the book: a crash in between repeats all of it harmlessly."""
        breach = watched.breach
        if breach is None:
            return
        closed = close_breach(breach, at_ms, peak)
        relinquished = self._answer.give_back(closed, now_ms)
        unit, department = self._unit_of(watched.threshold), self._tools.departments.answering(OPENED)
        event = cleared_event(watched.threshold, closed, department=department, unit=unit, now_ms=now_ms)
        self._services.event_log.append([event])
        self._book.save_breach(closed)
        watched.breach = None
        if relinquished:
            self._services.wake()

    def _tell_opened(self, threshold: Threshold, breach: Breach, now_ms: int) -> None:
        unit, department = self._unit_of(threshold), self._tools.departments.answering(OPENED)
        self._services.event_log.append(
            [opened_event(threshold, breach, department=department, unit=unit, now_ms=now_ms)]
        )

    def _devices(self, institution_ids: Collection[str]) -> Devices:
        found = self._services.registry.devices(institution_ids) if institution_ids else []
        return {(device.group, device.device): device for device in found}

    def _unit_of(self, threshold: Threshold) -> str:
        """Base unit of the watched point as its birth declared it, empty when unknown."""
        device = self._devices({threshold.institution_id}).get((threshold.group, threshold.device))
        points = device.points if device is not None else ()
        return next((point.unit for point in points if point.name == threshold.point), "")


def _same_series(one: Threshold, other: Threshold) -> bool:
    return (one.institution_id, one.group, one.device, one.point) == (
        other.institution_id,
        other.group,
        other.device,
        other.point,
    )


JOB = JobPlan(PERIOD_S, lambda tools: ThresholdWatch(tools).run)
