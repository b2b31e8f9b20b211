"""What Frigate says over MQTT, in its own shapes (docs.frigate.video/integrations/mqtt)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from simulators.publisher import Message

PREFIX = "frigate"
Stage = Literal["new", "update", "end"]
Severity = Literal["alert", "detection"]

AVAILABLE = Message(f"{PREFIX}/available", "online", qos=1, retain=True)
UNAVAILABLE = Message(f"{PREFIX}/available", "offline", qos=1, retain=True)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An object that a camera tracks from `start_s` on (epoch seconds); `end_s` is None while it is seen."""

    camera: str
    label: str
    suffix: str
    start_s: float
    score: float
    zones: tuple[str, ...]
    end_s: float | None = None

    @property
    def event_id(self) -> str:
        """Identity of the tracked object."""
        return f"{self.start_s:.6f}-{self.suffix}"

    @property
    def review_id(self) -> str:
        """Identity of the review item that the object opens."""
        return f"{self.start_s:.6f}-{self.suffix[::-1]}"


def status(camera: str, *, is_online: bool) -> Message:
    """Health of the camera's detect role."""
    return Message(f"{PREFIX}/{camera}/status/detect", "online" if is_online else "offline", qos=1)


def count(camera: str, label: str, number: int) -> Message:
    """How many objects of one label the camera sees now."""
    return Message(f"{PREFIX}/{camera}/{label}", str(number))


def event(stage: Stage, now: Sighting, at_s: float) -> Message:
    """A tracked object that appeared, changed or left."""
    before = {**_tracked(now, at_s), "end_time": None}
    return _message("events", stage, before, _tracked(now, at_s))


def review(stage: Stage, severity: Severity, now: Sighting) -> Message:
    """A review item that began, changed or ended."""
    return _message("reviews", stage, {**_reviewed(severity, now), "end_time": None}, _reviewed(severity, now))


def _message(topic: str, stage: Stage, before: dict[str, Any], after: dict[str, Any]) -> Message:
    payload = json.dumps({"type": stage, "before": before, "after": after}, separators=(",", ":"))
    return Message(f"{PREFIX}/{topic}", payload, qos=1)


def _tracked(seen: Sighting, at_s: float) -> dict[str, Any]:
    return {
        "id": seen.event_id, "camera": seen.camera, "frame_time": at_s, "snapshot_time": at_s, "label": seen.label,
        "sub_label": None, "top_score": seen.score, "score": seen.score, "false_positive": False,
        "start_time": seen.start_s, "end_time": seen.end_s,
        "box": [424, 300, 536, 512], "area": 23744, "ratio": 0.528, "region": [264, 200, 664, 600],
        "current_zones": list(seen.zones) if seen.end_s is None else [], "entered_zones": list(seen.zones),
        "has_snapshot": True, "has_clip": True, "thumbnail": None, "active": seen.end_s is None,
        "stationary": False, "motionless_count": 0, "position_changes": 1, "attributes": {}, "current_attributes": [],
    }  # fmt: skip


def _reviewed(severity: Severity, seen: Sighting) -> dict[str, Any]:
    return {
        "id": seen.review_id, "camera": seen.camera, "start_time": seen.start_s, "end_time": seen.end_s,
        "severity": severity,
        "thumb_path": f"/media/frigate/clips/review/thumb-{seen.camera}-{seen.review_id}.webp",
        "data": {"detections": [seen.event_id], "objects": [seen.label], "sub_labels": [],
                 "zones": list(seen.zones), "audio": []},
    }  # fmt: skip
