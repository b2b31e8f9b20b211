"""Gives Grafana what is worked out here: interval energy, forecasts, limits and events. Idle with the embedded store.

Everything is written again and again over the last days, so that a restated figure reaches the boards; the same point
twice overwrites itself. Restricted events stay inside: whoever opens a board is not known to us.
"""

from __future__ import annotations

from collections.abc import Iterator

from cloud.core.event import Event, Severity
from cloud.core.ports import BoardFeed, BoardPoint, RegisteredDevice
from cloud.core.series import SeriesKey
from cloud.core.threshold import Threshold
from cloud.jobs.job import JobPlan, JobTools, Round

PERIOD_S = 30.0
CONSUMER = "boards"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FIRST_DAYS, TRAILING_DAYS = 400, 2
EVENTS_AT_ONCE = 500


class FeedBoards:
    """One round: the counters' intervals, the newest forecasts, the limits of the last day, new events."""

    def __init__(self, tools: JobTools, boards: BoardFeed) -> None:
        self._tools, self._services, self._boards = tools, tools.services, boards
        self._fed: set[SeriesKey] = set()
        self._runs: set[str] = set()

    def run(self) -> bool:
        scope = self._tools.institution_ids()
        devices = self._services.registry.devices(scope)
        for device in devices:
            self._boards.publish(list(self._intervals(device)))
        self._boards.publish(list(self._forecasts(scope, devices)))
        self._boards.publish(list(self._limits(scope, devices)))
        return self._feed_events()

    def _intervals(self, device: RegisteredDevice) -> Iterator[BoardPoint]:
        now_ms = self._services.clock.now_ms()
        for point in device.points:
            if point.kind != "counter":
                continue
            key = SeriesKey(device.group, device.device, point.name)
            days = TRAILING_DAYS if key in self._fed else FIRST_DAYS
            for one in self._services.intervals.between(key, now_ms - days * DAY_MS, now_ms):
                fields = {"delta": one.delta, "estimated": one.delta if one.is_estimated else 0}
                yield BoardPoint("energy_interval", _tags(device, point=point.name), fields, one.start_ms)
            self._fed.add(key)

    def _forecasts(self, scope: list[str], devices: list[RegisteredDevice]) -> Iterator[BoardPoint]:
        by_name = {(one.group, one.device): one for one in devices}
        for run in self._services.energy.forecasts.newest(scope):
            device = by_name.get((run.key.group, run.key.device))
            if device is None or run.run_id in self._runs:
                continue
            for point in run.points:
                fields = {"mean": point.mean, "low": point.low, "high": point.high}
                yield BoardPoint("forecast", _tags(device, point=run.key.point), fields, point.start_ms)
            self._runs.add(run.run_id)

    def _limits(self, scope: list[str], devices: list[RegisteredDevice]) -> Iterator[BoardPoint]:
        """The limit at every full hour of the last day and now: boards draw it as steps."""
        now_ms = self._services.clock.now_ms()
        by_name = {(one.group, one.device): one for one in devices}
        for threshold in self._services.thresholds.thresholds(scope):
            device = by_name.get((threshold.group, threshold.device))
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
