"""A person where nobody should be, or when nobody should be there, as the camera box reviewed it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import time

from cloud.core.calendar import to_local
from cloud.core.event import Event, Severity
from cloud.detectors.detector import Detector, Finding, Scene

RESTRICTED_ZONES = frozenset({"archive", "data-room", "server-room", "strong-room", "restricted"})
"""Zones that are restricted unless the camera's property `restricted_zones` (comma-separated) names others."""

OPEN_FROM, OPEN_UNTIL = time(7), time(20)
"""Local hours of a working day in which people are expected."""

ZONES_PROPERTY = "restricted_zones"


def intrusion(event: Event, scene: Scene) -> Finding | None:
    """A review of severity alert with a person in it, in a restricted zone or outside the hours."""
    if event.data.get("severity") != "alert" or not _shows_person(event):
        return None
    zones = _words(event.data.get("zones"))
    restricted = sorted(zones & _restricted_zones(event, scene))
    if not restricted and is_open(event.occurred_ms):
        return None
    data = {
        **event.data,
        "reason": "restricted_zone" if restricted else "outside_hours",
        "zone": ", ".join(restricted or sorted(zones)),
    }
    return Finding("safety.intrusion", Severity.ORANGE, event.event_id, data)


def is_open(at_ms: int) -> bool:
    """Whether people are expected at this time: Monday to Friday in working hours."""
    local = to_local(at_ms)
    return local.weekday() < 5 and OPEN_FROM <= local.time() < OPEN_UNTIL


def _shows_person(event: Event) -> bool:
    # Frigate writes `person-verified` for one with a recognised sub-label; boxes that name no object are believed.
    objects = _words(event.data.get("objects"))
    return not objects or any(name.split("-")[0] == "person" for name in objects)


def _restricted_zones(event: Event, scene: Scene) -> AbstractSet[str]:
    device = scene.device_of(event)
    given = device.properties.get(ZONES_PROPERTY) if device is not None else None
    return RESTRICTED_ZONES if given is None else {zone.strip() for zone in given.split(",")}


def _words(value: object) -> set[str]:
    return {str(word) for word in value} if isinstance(value, list | tuple) else set()


DETECTOR = Detector(on_event={"camera.review": intrusion})
