"""Somebody in an official vehicle needs help: the emergency button, a collision, a rollover."""

from __future__ import annotations

from cloud.core.event import Event, Severity
from cloud.detectors.detector import Detector, Finding, Scene

GRAVE = frozenset({"sos", "collision", "rollover", "accident"})
"""Alarms of terminals that cannot wait; the others are kept as the terminal told them."""


def emergency(event: Event, scene: Scene) -> Finding | None:
    if event.data.get("alarm") not in GRAVE:
        return None
    return Finding("vehicle.emergency", Severity.RED, event.event_id, event.data)


DETECTOR = Detector(on_event={"vehicle.alarm": emergency})
