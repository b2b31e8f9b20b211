"""A meter, actuator, sensor or tracker falls silent, or answers again. Cameras have a detector of their own."""

from __future__ import annotations

from cloud.core.event import Event, Severity
from cloud.detectors.detector import Detector, Finding, Scene


def device_life(event: Event, scene: Scene) -> Finding | None:
    if scene.role_of(event) == "camera":
        return None
    if event.data.get("alive"):
        return Finding("information.device_back", Severity.INFO, event.event_id, event.data)
    return Finding("information.device_lost", Severity.YELLOW, event.event_id, event.data)


DETECTOR = Detector(on_event={"device.life": device_life})
