"""Gives Grafana what is worked out here: interval energy, forecasts, limits and events. Idle with the embedded store.

Interval energy goes in the order of its booking, so that what was imported or restated reaches the boards however old
it is, and after a start all of it once more; the same point twice overwrites itself. Restricted events stay inside:
whoever opens a board is not known to us.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloud.core.energy_interval import EnergyInterval
from cloud.core.event import Event, Severity
from cloud.core.ports import BoardFeed, BoardPoint, RegisteredDevice
from cloud.core.threshold import Threshold
from cloud.jobs.job import JobPlan, JobTools, Round

PERIOD_S = 30.0
CONSUMER = "boards"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LONGEST_DAYS = 400
INTERVALS_AT_ONCE, EVENTS_AT_ONCE = 5_000, 500

Devices = Mapping[tuple[str, str], RegisteredDevice]
"""By group and device."""


class FeedBoards:
    """One round: newly booked intervals, the newest forecasts, the limits of the last day, new events."""

    def __init__(self, tools: JobTools, boards: BoardFeed) -> None:
        self._tools, self._services, self._boards = tools, tools.services, boards
        self._booked = 0
        self._runs: set[str] = set()

    def run(self) -> bool:
        scope = self._tools.institution_ids()
        devices = {(one.group, one.device): one for one in self._services.registry.devices(scope)}
        has_more_energy = self._feed_intervals(devices)
        self._boards.publish(list(self._forecasts(scope, devices)))
        self._boards.publish(list(self._limits(scope, devices)))
        return self._feed_events() or has_more_energy

    def _feed_intervals(self, devices: Devices) -> bool:
        from_ms = self._services.clock.now_ms() - LONGEST_DAYS * DAY_MS
        booked, position = self._services.intervals.booked_after(self._booked, from_ms, INTERVALS_AT_ONCE)
        known = ((devices.get((one.group, one.device)), one) for one in booked)
        self._boards.publish([_interval(device, one) for device, one in known if device is not None])
        self._booked = position
        return len(booked) == INTERVALS_AT_ONCE

    def _forecasts(self, scope: list[str], devices: Devices) -> Iterator[BoardPoint]:
        for run in self._services.energy.forecasts.newest(scope):
            device = devices.get((run.key.group, run.key.device))
            if device is None or run.run_id in self._runs:
                continue
            for point in run.points:
                fields = {"mean": point.mean, "low": point.low, "high": point.high}
                yield BoardPoint("forecast", _tags(device, point=run.key.point), fields, point.start_ms)
            self._runs.add(run.run_id)

    def _limits(self, scope: list[str], devices: Devices) -> Iterator[BoardPoint]:
        """The limit at every full hour of the last day and now: boards draw it as steps."""
        now_ms = self._services.clock.now_ms()
        for threshold in self._services.thresholds.thresholds(scope):
            device = devices.get((threshold.group, threshold.device))
            if device is None or not threshold.enabled:
                continue
            first_ms = max(now_ms - DAY_MS, threshold.changed_ms)
            hours = range(-(-first_ms // HOUR_MS) * HOUR_MS, now_ms, HOUR_MS)
            for at_ms in (*hours, now_ms // 60_000 * 60_000):
                yield _limit(threshold, device, at_ms)

    def _feed_events(self) -> bool:
        log = self._services.event_log
        logged = log.after(log.cursor(CONSUMER), EVENTS_AT_ONCE)
        if not logged:
            return False
        shown = [one for one in logged if one.event.severity > Severity.INFO and not one.event.is_restricted]
        self._boards.publish([_event(one.event, one.position) for one in shown])
        log.advance(CONSUMER, logged[-1].position)
        return len(logged) == EVENTS_AT_ONCE


def _tags(device: RegisteredDevice, **more: str) -> dict[str, str]:
    place = {name: device.properties.get(name, "") for name in ("building", "sub_item")}
    return {"group": device.group, "device": device.device, **place, **more}


def _interval(device: RegisteredDevice, one: EnergyInterval) -> BoardPoint:
    fields = {"delta": one.delta, "estimated": one.delta if one.is_estimated else 0}
    return BoardPoint("energy_interval", _tags(device, point=one.point), fields, one.start_ms)


def _limit(threshold: Threshold, device: RegisteredDevice, at_ms: int) -> BoardPoint:
    fields = {"limit": float(threshold.limit), "clear": float(threshold.limit - threshold.hysteresis)}
    tags = _tags(device, point=threshold.point, threshold=threshold.threshold_id)
    return BoardPoint("threshold", tags, fields, at_ms)


def _event(event: Event, position: int) -> BoardPoint:
    tags = {"kind": event.kind, "dept": event.department, "severity": event.severity.name.lower()}
    fields: dict[str, int | float | str] = {
        "id": event.event_id,
        "severity_level": int(event.severity),
        "subject": event.subject,
    }
    return BoardPoint("event", tags, fields, event.occurred_ms, order=position % 1000)


def _build(tools: JobTools) -> Round:
    boards = tools.services.boards
    return FeedBoards(tools, boards).run if boards is not None else _idle


def _idle() -> bool:
    return False


JOB = JobPlan(PERIOD_S, _build)
