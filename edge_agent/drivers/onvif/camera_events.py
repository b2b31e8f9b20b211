"""Notifications of one camera as events for the cloud: what has just begun, and of what lasts also its end.

A property that is `Initialized` says how things stand when a subscription begins, and so is no event.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

from edge_agent.drivers.onvif.notification import Notification
from edge_agent.drivers.report import FUTURE_LIMIT_MS, event_id
from gateway.messages import DeviceEvent

MOTION, TAMPER, INPUT, STORAGE, REVIEW = (
    "camera.motion", "camera.tamper", "camera.input", "camera.storage_failure", "camera.review",
)  # fmt: skip
KINDS: Mapping[str, str] = {
    "VideoSource/MotionAlarm": MOTION,
    "RuleEngine/CellMotionDetector/Motion": MOTION,
    "RuleEngine/MotionRegionDetector/Motion": MOTION,
    "VideoSource/GlobalSceneChange/AnalyticsService": TAMPER,
    "VideoSource/GlobalSceneChange/ImagingService": TAMPER,
    "VideoSource/GlobalSceneChange/RecordingService": TAMPER,
    "RuleEngine/TamperDetector/Tamper": TAMPER,
    "RuleEngine/LineDetector/Crossed": REVIEW,
    "RuleEngine/FieldDetector/ObjectsInside": REVIEW,
    "Device/Trigger/DigitalInput": INPUT,
    "Device/HardwareFailure/StorageFailure": STORAGE,
}
"""ONVIF topic -> event kind. Lines and fields are reviews: somebody drew them to be told."""

LASTING = (TAMPER, STORAGE)
"""Kinds that hold until they are over: their events say whether they are `active`."""

MOTION_EVERY_MS = 60_000
"""At most one event of motion per source in so long a time: leaves move all day."""

OLDEST_MS = 600_000
"""A pull point keeps messages for minutes; a time before that is one of a clock that was wrong."""

MOST_PER_MINUTE = 60
REMEMBERED = 512


class CameraEvents:
    """What is known of one camera's properties, over all its subscriptions."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._states: OrderedDict[tuple[str, ...], bool] = OrderedDict()
        self._moved_ms: dict[tuple[str, ...], int] = {}
        self._told_ms: deque[int] = deque()
        self.suppressed = 0
        """Events left out because a camera babbles."""

    def event_of(self, told: Notification, now_ms: int, ahead_ms: int) -> DeviceEvent | None:
        """The event of a notification, None for what is none; `ahead_ms` is the camera's clock against ours."""
        kind = KINDS.get(told.topic)
        is_active = self._change(told) if kind is not None else None
        if kind is None or is_active is None or not (is_active or kind in LASTING):
            return None
        occurred_ms = now_ms if told.told_ms is None else told.told_ms - ahead_ms
        if not now_ms - OLDEST_MS <= occurred_ms <= now_ms + FUTURE_LIMIT_MS:
            occurred_ms = now_ms
        if kind == MOTION and not self._is_new_motion(told.key, occurred_ms):
            return None
        if not self._has_room(now_ms):
            self.suppressed += 1
            return None
        identity = event_id(kind, self._device, *told.key, told.told_at or now_ms, *told.data.values())
        return DeviceEvent(identity, kind, self._device, occurred_ms, self._facts(kind, told, is_active))

    def _change(self, told: Notification) -> bool | None:
        """True when something begins, False when it ends, None else; an event that is no property always begins."""
        state = told.state
        if state is None:
            return None if told.operation in ("Initialized", "Deleted") else True
        before = self._states.pop(told.key, False)
        if told.operation == "Deleted":
            return None
        self._states[told.key] = state
        if len(self._states) > REMEMBERED:
            self._states.popitem(last=False)
        return None if state == before or told.operation == "Initialized" else state

    def _is_new_motion(self, key: tuple[str, ...], at_ms: int) -> bool:
        last_ms = self._moved_ms.get(key)
        if last_ms is not None and 0 <= at_ms - last_ms < MOTION_EVERY_MS:
            return False
        if len(self._moved_ms) > REMEMBERED:
            self._moved_ms.clear()
        self._moved_ms[key] = at_ms
        return True

    def _has_room(self, now_ms: int) -> bool:
        """Whether the camera has told less than MOST_PER_MINUTE in the last minute."""
        while self._told_ms and not 0 <= now_ms - self._told_ms[0] < 60_000:
            self._told_ms.popleft()
        if len(self._told_ms) >= MOST_PER_MINUTE:
            return False
        self._told_ms.append(now_ms)
        return True

    def _facts(self, kind: str, told: Notification, is_active: bool) -> dict[str, Any]:
        source = told.source.get("Rule") or next(iter(told.source.values()), "")
        if kind == REVIEW:
            # As Frigate's reviews; the camera names no object.
            return {"camera": self._device, "severity": "alert", "zones": [source], "objects": []}
        facts = {"camera": self._device, "source": source}
        return {**facts, "active": is_active} if kind in LASTING else facts
