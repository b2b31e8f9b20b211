"""What a Traccar server forwards over MQTT for its trackers, in its own shapes (traccar/traccar, forward package)."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any

from simulators.fix import Crossing, Fix
from simulators.publisher import Message, Send

POSITIONS, EVENTS = "positions", "events"
KMH_PER_KNOT = 1.852


class TraccarVoice:
    """A tracker whose server publishes for it."""

    def __init__(self, unique_id: str, region: str, send: Send) -> None:
        self._region, self._send = region, send
        self._device = {"id": zlib.crc32(unique_id.encode()) % 100_000, "name": unique_id, "uniqueId": unique_id}
        self._number = 0
        self._was_on: bool | None = None

    def report(self, fix: Fix, *, is_inside: bool, crossing: Crossing | None) -> None:
        """As Voice.report; an engine that starts or stops is an event of its own."""
        position = self._position(fix)
        self._publish(POSITIONS, {"position": position}, qos=1)
        is_on = fix.speed_kmh > 0
        if self._was_on is None:
            self.event("deviceOnline", fix)
        elif is_on != self._was_on:
            self.event("ignitionOn" if is_on else "ignitionOff", fix, position=position)
        self._was_on = is_on
        if crossing is not None:
            geofence = {"id": 1, "name": self._region, "attributes": {}}
            name = "geofenceEnter" if crossing == "enter" else "geofenceExit"
            self.event(name, fix, position=position, geofence=geofence)

    def event(self, name: str, fix: Fix, attributes: dict[str, Any] | None = None, **parts: Any) -> None:
        """Any event of Traccar; what is null is left out."""
        self._number += 1
        event = {
            "id": fix.at_s * 100 + self._number % 100, "attributes": attributes or {}, "deviceId": self._device["id"],
            "type": name, "eventTime": _time(fix.at_s), "positionId": self._number, "geofenceId": 0, "maintenanceId": 0,
        }  # fmt: skip
        self._publish(EVENTS, {"event": event, **parts}, qos=1)

    async def run(self) -> None:
        """The publisher keeps the connection."""

    def _position(self, fix: Fix) -> dict[str, Any]:
        self._number += 1
        attributes = {
            "ignition": fix.speed_kmh > 0, "motion": fix.speed_kmh > 0, "sat": 11, "batteryLevel": 97,
            "odometer": round(fix.odometer_km * 1000), "totalDistance": round(fix.odometer_km * 1000, 2),
        }  # fmt: skip
        return {
            "id": self._number, "attributes": attributes, "deviceId": self._device["id"], "protocol": "simulated",
            "serverTime": _time(fix.at_s + 1), "deviceTime": _time(fix.at_s), "fixTime": _time(fix.at_s),
            "outdated": False, "valid": True, "latitude": round(fix.lat, 6), "longitude": round(fix.lon, 6),
            "altitude": 82.0, "speed": round(fix.speed_kmh / KMH_PER_KNOT, 4), "course": round(fix.course, 1),
            "accuracy": 0.0,
        }  # fmt: skip

    def _publish(self, topic: str, content: dict[str, Any], qos: int) -> None:
        payload = json.dumps({**content, "device": self._device}, ensure_ascii=False, separators=(",", ":"))
        self._send(Message(topic, payload, qos=qos))


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
