"""An edge node loses its session with the cloud, or begins a new one. Its devices may be well: they are not accused."""

from __future__ import annotations

from cloud.core.event import Event, Severity
from cloud.detectors.detector import Detector, Finding, Scene


def node_life(event: Event, scene: Scene) -> Finding | None:
    if event.data.get("alive"):
        return Finding("information.node_back", Severity.INFO, event.event_id, event.data)
    return Finding("information.node_lost", Severity.ORANGE, event.event_id, event.data)


DETECTOR = Detector(on_event={"edge.life": node_life})
