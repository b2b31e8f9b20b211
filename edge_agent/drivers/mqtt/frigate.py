"""Cameras watched by Frigate (docs.frigate.video, integrations/mqtt): alerts, detections, counts, life.

Taken are what happened, where and to which kind of object. Faces, names of persons and number plates are dropped
here, at the edge: sub-labels are never copied and the topics that carry them are not subscribed to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.message import epoch_ms, parse_object, parse_text, text_of, texts_of
from edge_agent.drivers.report import Heard, event_id, not_ahead, number_of
from edge_agent.drivers.scaling import engineering_value
from foundation.errors import ContractError
from gateway.messages import DeviceEvent, Reading

PREFIX = "frigate"
ONLINE_FIELD = "online"
STATUS_WORDS = ("online", "offline", "disabled")
AVAILABLE_WORDS = ("online", "offline", "stopped")
OBJECTS_REMEMBERED = 2_000


class FrigateTranslator:
    """Translator of one Frigate box; a device's address is the camera's name there."""

    def __init__(self, devices: Sequence[InstalledDevice]) -> None:
        self._cameras = {one.device.address or one.id: one for one in devices}
        self._available: str | None = None
        self._status: dict[str, dict[str, str]] = {camera: {} for camera in self._cameras}
        self._told: OrderedDict[str, None] = OrderedDict()

    @property
    def topics(self) -> tuple[str, ...]:
        of_cameras = [
            f"{PREFIX}/{camera}/{rest}"
            for camera, one in self._cameras.items()
            for rest in ("status/+", *_count_fields(one))
        ]
        return (f"{PREFIX}/available", f"{PREFIX}/events", f"{PREFIX}/reviews", *of_cameras)

    def translate(self, topic: str, payload: bytes, now_ms: int) -> list[Heard]:
        match topic.split("/")[1:]:
            case ["available"]:
                self._available = _word(payload, AVAILABLE_WORDS)
                return [self._life(camera, now_ms) for camera in self._cameras]
            case ["events"]:
                return self._detection(parse_object(payload), now_ms)
            case ["reviews"]:
                return self._review(parse_object(payload), now_ms)
            case [camera, "status", role] if camera in self._cameras:
                self._status[camera][role] = _word(payload, STATUS_WORDS)
                return [self._life(camera, now_ms)]
            case [camera, label] if camera in self._cameras:
                return self._count(self._cameras[camera], label, payload, now_ms)
        return []

    def longest_silence_s(self, usual_s: float) -> float | None:
        """Frigate itself tells of a loss."""
        return None

    def forget_life(self) -> None:
        """Retained messages tell it again after the reconnection."""
        self._available = None
        for roles in self._status.values():
            roles.clear()

    def _life(self, camera: str, now_ms: int) -> Heard:
        reason = self._why_lost(camera)
        installed = self._cameras[camera]
        online = [point for point in installed.profile.all_points if point.field == ONLINE_FIELD]
        readings = tuple(Reading(point.name, int(not reason), now_ms) for point in online)
        return Heard(installed.id, readings, is_alive=not reason, reason=reason)

    def _why_lost(self, camera: str) -> str:
        """A reason code; empty while Frigate runs and no role of the camera is offline or all are disabled."""
        if self._available in ("offline", "stopped"):
            return f"frigate_{self._available}"
        roles = self._status[camera].values()
        if "offline" in roles:
            return "offline"
        return "disabled" if roles and set(roles) == {"disabled"} else ""

    def _count(self, installed: InstalledDevice, label: str, payload: bytes, now_ms: int) -> list[Heard]:
        point = next((one for one in installed.profile.all_points if one.field == label), None)
        if point is None or label == ONLINE_FIELD:
            return []
        text = parse_text(payload)
        if not (text.isascii() and text.isdigit()):
            raise ContractError(f"not a count: {text[:40]!r}")
        number = number_of(int(text))
        assert number is not None, "an int is a number"
        value, quality = engineering_value(point, number)
        return [Heard(installed.id, (Reading(point.name, value, now_ms, quality),))]

    def _review(self, message: Mapping[str, Any], now_ms: int) -> list[Heard]:
        """One `camera.review` per review that is an alert, told with its first message that says so."""
        review = _after(message)
        identity, camera, severity = text_of(review, "id"), text_of(review, "camera"), text_of(review, "severity")
        installed = self._cameras.get(camera)
        if installed is None or severity != "alert":
            return []
        occurred_ms = not_ahead(epoch_ms(review.get("start_time")), now_ms)
        content = review.get("data")
        if not isinstance(content, Mapping):
            raise ContractError("data: an object is missing")
        objects = sorted({label.removesuffix("-verified") for label in texts_of(content, "objects")})
        data = {"camera": camera, "severity": severity, "zones": texts_of(content, "zones"), "objects": objects}
        return self._tell_once(installed, "camera.review", identity, occurred_ms, data)

    def _detection(self, message: Mapping[str, Any], now_ms: int) -> list[Heard]:
        """`camera.detection` when an object first enters a zone, and when it is gone."""
        tracked, kind = _after(message), text_of(message, "type")
        identity, camera, label = text_of(tracked, "id"), text_of(tracked, "camera"), text_of(tracked, "label")
        installed = self._cameras.get(camera)
        zones = texts_of(tracked, "entered_zones")
        if installed is None or tracked.get("false_positive") is True or not (kind == "end" or zones):
            return []
        phase = "end" if kind == "end" else "zone"
        time_key = "end_time" if phase == "end" and tracked.get("end_time") is not None else "start_time"
        occurred_ms = not_ahead(epoch_ms(tracked.get(time_key)), now_ms)
        score = number_of(tracked.get("top_score"))
        data = {
            "camera": camera,
            "label": label,
            "phase": phase,
            "zones": zones,
            "score": None if score is None or not 0 <= score <= 1 else round(float(score), 3),
            "started_ms": epoch_ms(tracked.get("start_time")),
        }
        return self._tell_once(installed, "camera.detection", f"{identity}/{phase}", occurred_ms, data)

    def _tell_once(
        self, installed: InstalledDevice, kind: str, identity: str, occurred_ms: int, data: Mapping[str, Any]
    ) -> list[Heard]:
        """The event, unless it was told since the start; after a restart its id shows that it is the same."""
        unique = event_id(kind, installed.id, identity)
        if unique in self._told:
            return []
        self._told[unique] = None
        if len(self._told) > OBJECTS_REMEMBERED:
            self._told.popitem(last=False)
        return [Heard(installed.id, events=(DeviceEvent(unique, kind, installed.id, occurred_ms, data),))]


def _count_fields(installed: InstalledDevice) -> list[str]:
    fields = [point.field for point in installed.profile.all_points if point.field]
    return [field for field in fields if field != ONLINE_FIELD]


def _after(message: Mapping[str, Any]) -> Mapping[str, Any]:
    after = message.get("after")
    if not isinstance(after, Mapping):
        raise ContractError("after: an object is missing")
    return after


def _word(payload: bytes, allowed: Sequence[str]) -> str:
    word = parse_text(payload)
    if word not in allowed:
        raise ContractError(f"{word[:40]!r} is none of {', '.join(allowed)}")
    return word
