"""Lets the detectors see every event of the log once, and the newest readings again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from cloud.core.event import Event
from cloud.core.plugins import load_plugins
from cloud.core.ports import RegisteredDevice
from cloud.core.series import Sample
from cloud.detectors.detector import Detector, Scene, event_of_finding
from cloud.jobs.job import JobPlan, JobTools

PERIOD_S = 2.0
CONSUMER = "detect"
BATCH = 500
LATE_AFTER_MS = 120_000
FINDINGS_REMEMBERED = 10_000


class Detect:
    """One round: events after the cursor, then readings. A finding met twice has the same id and is logged once."""

    def __init__(self, tools: JobTools, detectors: Sequence[Detector]) -> None:
        self._tools, self._services, self._detectors = tools, tools.services, tuple(detectors)
        self._points = {point for detector in detectors for point in detector.on_reading}
        self._told: OrderedDict[str, None] = OrderedDict()

    def run(self) -> bool:
        devices = self._services.registry.devices(self._tools.institution_ids())
        self._tell(self._from_readings(devices))
        return self._read_events(Scene({(one.group, one.device): one for one in devices}))

    def _read_events(self, scene: Scene) -> bool:
        log = self._services.event_log
        logged = log.after(log.cursor(CONSUMER), BATCH)
        if not logged:
            return False
        now_ms = self._services.clock.now_ms()
        log.append([found for one in logged for found in self._from_event(one.event, scene, now_ms)])
        # After the findings: a crash in between repeats them under the same ids.
        log.advance(CONSUMER, logged[-1].position)
        return len(logged) == BATCH

    def _from_event(self, event: Event, scene: Scene, now_ms: int) -> Iterator[Event]:
        for detector in self._detectors:
            rule = detector.on_event.get(event.kind)
            finding = rule(event, scene) if rule is not None else None
            if finding is not None:
                yield event_of_finding(
                    finding,
                    self._tools.departments,
                    institution_id=event.institution_id,
                    subject=event.subject,
                    occurred_ms=event.occurred_ms,
                    now_ms=now_ms,
                    is_late=event.is_late,
                )

    def _from_readings(self, devices: Sequence[RegisteredDevice]) -> Iterator[Event]:
        watched = {
            (one.group, one.device): one for one in devices if any(point.name in self._points for point in one.points)
        }
        for group in sorted({group for group, _ in watched}):
            ids = [device for of_group, device in watched if of_group == group]
            for key, sample in self._services.store.last(group, ids).items():
                if key.point in self._points:
                    yield from self._from_reading(watched[key.group, key.device], key.point, sample)

    def _from_reading(self, device: RegisteredDevice, point: str, sample: Sample) -> Iterator[Event]:
        now_ms = self._services.clock.now_ms()
        for detector in self._detectors:
            rule = detector.on_reading.get(point)
            finding = rule(device, sample) if rule is not None else None
            if finding is not None:
                yield event_of_finding(
                    finding,
                    self._tools.departments,
                    institution_id=device.institution_id,
                    subject=f"device:{device.device}",
                    occurred_ms=sample.measured_ms,
                    now_ms=now_ms,
                    is_late=now_ms - sample.measured_ms > LATE_AFTER_MS,
                )

    def _tell(self, findings: Iterator[Event]) -> None:
        """Append those not appended before by this process: the newest reading is looked at many times."""
        fresh = [event for event in findings if event.event_id not in self._told]
        if fresh:
            self._services.event_log.append(fresh)
            self._told.update((event.event_id, None) for event in fresh)
        while len(self._told) > FINDINGS_REMEMBERED:
            self._told.popitem(last=False)


def load_detectors() -> list[Detector]:
    """Every detector of the package `cloud.detectors`."""
    return list(load_plugins("cloud.detectors", "DETECTOR", Detector, without=("detector",)).values())


JOB = JobPlan(PERIOD_S, lambda tools: Detect(tools, load_detectors()).run, is_woken=True)
