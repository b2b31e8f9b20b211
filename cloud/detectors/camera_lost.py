"""A camera goes dark or is covered, or comes back: a gap in the watch belongs to safety, not to the network people."""

from __future__ import annotations

from cloud.core.event import Event, Severity
from cloud.detectors.detector import Detector, Finding, Scene


def camera_life(event: Event, scene: Scene) -> Finding | None:
    if scene.role_of(event) != "camera":
        return None
    if event.data.get("alive"):
        return Finding("safety.camera_back", Severity.INFO, event.event_id, event.data)
    return Finding("safety.camera_lost", Severity.ORANGE, event.event_id, event.data)


def camera_tamper(event: Event, scene: Scene) -> Finding | None:
    """Who covers a camera or turns it away makes the same gap."""
    if event.data.get("active"):
        return Finding("safety.camera_lost", Severity.ORANGE, event.event_id, event.data)
    return Finding("safety.camera_back", Severity.INFO, event.event_id, event.data)


DETECTOR = Detector(on_event={"device.life": camera_life, "camera.tamper": camera_tamper})
