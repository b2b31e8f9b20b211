"""An official vehicle leaves the area it is meant to stay in."""

from __future__ import annotations

from cloud.core.event import Event, Severity
from cloud.detectors.detector import Detector, Finding, Scene


def area_left(event: Event, scene: Scene) -> Finding | None:
    """Leaving only; coming back needs nobody. Whether an order covers the trip is judged where orders are known."""
    if event.data.get("event") != "leave":
        return None
    return Finding("vehicle.area_left", Severity.YELLOW, event.event_id, event.data)


DETECTOR = Detector(on_event={"vehicle.transition": area_left})
