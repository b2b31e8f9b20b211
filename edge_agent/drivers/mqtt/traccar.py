"""Vehicles of a Traccar server (traccar.org) that forwards positions and events over MQTT as JSON.

Message forms: traccar/traccar `forward/PositionData`, `forward/EventData` and `model/*`; speed is in knots, distances
in metres, times are ISO 8601 or epoch milliseconds. Who drove is not copied: a driver's card number is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.fix import Fix, FixGate, degrees_of, without_location
from edge_agent.drivers.mqtt.message import epoch_ms, parse_object, text_of
from edge_agent.drivers.report import Heard, clean_text, event_id, not_ahead, plain_number, readings_of
from foundation.clock import to_ms
from foundation.errors import ContractError
from gateway.messages import DeviceEvent

STREAMS = ("positions", "events")
DEFAULT_TOPIC = "{stream}"
"""Traccar's own defaults of forward.topic and event.forward.topic; a profile may say `traccar/{stream}`."""

LONGEST_SILENCE_S = 86_400.0
"""Traccar tells of a loss itself; a vehicle unheard of for a day means that Traccar is gone."""

KNOT_KMH = 1.852
UNSPECIFIED = "unspecified"
"""An alarm of which no more is known."""
ONLINE, LOST = ("deviceOnline",), ("deviceOffline", "deviceInactive")
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    """An event message taken apart: `event` and what Traccar adds to it."""

    event: Facts
    position: Facts
    geofence: Facts
    maintenance: Facts

    def attribute(self, name: str) -> Any:
        """An attribute of the event, else of the position it belongs to."""
        for part in (self.event, self.position):
            attributes = _part(part, "attributes")
            if name in attributes:
                return attributes[name]
        return None


class TraccarTranslator:
    """Translator of one Traccar server; a device's address is its unique id there (IMEI)."""

    def __init__(self, devices: Sequence[InstalledDevice]) -> None:
        self._devices = {one.device.address or one.id: one for one in devices}
        self._gate = FixGate(one.id for one in devices)
        topics = {one.profile.topic or DEFAULT_TOPIC for one in devices}
        self._streams = {topic.replace("{stream}", stream): stream for topic in topics for stream in STREAMS}

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self._streams)

    def translate(self, topic: str, payload: bytes, now_ms: int) -> list[Heard]:
        stream = self._streams.get(topic)
        if stream is None:
            return []
        message = parse_object(payload)
        installed = self._devices.get(text_of(_part(message, "device"), "uniqueId"))
        if installed is None:
            return []
        if stream == "positions":
            return self._position(installed, _part(message, "position"), now_ms)
        return _event(installed, message, now_ms)

    def longest_silence_s(self, usual_s: float) -> float | None:
        """A parked vehicle's tracker sleeps for hours."""
        return max(usual_s, LONGEST_SILENCE_S)

    def forget_life(self) -> None:
        """Nothing to forget: every message is a sign of life."""

    def _position(self, installed: InstalledDevice, position: Facts, now_ms: int) -> list[Heard]:
        """All of it at the time of a good fix; of a message without one what does not depend on it."""
        fix = Fix(
            degrees_of(position.get("latitude")),
            degrees_of(position.get("longitude")),
            _time_or_none(position.get("fixTime")),
            # `outdated`: Traccar repeats the last place because the tracker told none.
            is_valid=position.get("valid") is True and position.get("outdated") is not True,
        )
        verdict = self._gate.judge(installed.id, fix, now_ms)
        if verdict.is_repeat:
            return []
        if not verdict.reason and fix.measured_ms is not None:
            return [Heard(installed.id, tuple(readings_of(installed, position, fix.measured_ms)), is_alive=True)]
        told_ms = _time_or_none(position.get("deviceTime"))
        if told_ms is None or not_ahead(told_ms, now_ms) != told_ms:
            return [Heard(installed.id, events=verdict.events, is_alive=True)]
        rest = without_location(readings_of(installed, position, told_ms))
        return [Heard(installed.id, rest, verdict.events, is_alive=True)]


def _event(installed: InstalledDevice, message: Facts, now_ms: int) -> list[Heard]:
    told = _Told(*(_part(message, part) for part in ("event", "position", "geofence", "maintenance")))
    name = text_of(told.event, "type")
    if name in ONLINE:
        return [Heard(installed.id, is_alive=True)]
    if name in LOST:
        return [Heard(installed.id, is_alive=False, reason=snake_case(name.removeprefix("device")))]
    shape = _SHAPES.get(name)
    if shape is None:
        return []
    kind, facts = shape(told)
    told_ms = _time(told.event.get("eventTime", told.event.get("serverTime")))
    identity = event_id(kind, installed.id, told.event.get("id"), told_ms, name, *map(str, facts.values()))
    occurred_ms = not_ahead(told_ms, now_ms)
    return [Heard(installed.id, events=(DeviceEvent(identity, kind, installed.id, occurred_ms, facts),), is_alive=True)]


def _crossing(crossing: str) -> Callable[[_Told], tuple[str, dict[str, Any]]]:
    def shape(told: _Told) -> tuple[str, dict[str, Any]]:
        region = clean_text(str(told.geofence.get("name") or told.event.get("geofenceId", "")))
        return "vehicle.transition", {"event": crossing, "region": region, **_place(told)}

    return shape


def _ignition(*, is_on: bool) -> Callable[[_Told], tuple[str, dict[str, Any]]]:
    return lambda told: ("vehicle.ignition", {"on": is_on, **_place(told)})


def _alarm(told: _Told) -> tuple[str, dict[str, Any]]:
    alarm = told.attribute("alarm")
    # Several alarms at once are joined by commas; the first is the event's own.
    code = snake_case(alarm.split(",")[0].strip()) if isinstance(alarm, str) else ""
    return "vehicle.alarm", {"alarm": UNSPECIFIED if code in ("", "general") else code, **_place(told)}


def _overspeed(told: _Told) -> tuple[str, dict[str, Any]]:
    facts = {"alarm": "overspeed", **_place(told)}
    for key, attribute in (("speed_kmh", "speed"), ("limit_kmh", "speedLimit")):
        knots = plain_number(_part(told.event, "attributes").get(attribute))
        if knots is not None:
            facts[key] = round(knots * KNOT_KMH, 1)
    return "vehicle.alarm", facts


def _maintenance(told: _Told) -> tuple[str, dict[str, Any]]:
    name = told.maintenance.get("name") or told.event.get("maintenanceId", "")
    return "vehicle.maintenance", {"name": clean_text(str(name))}


def _driver_changed(told: _Told) -> tuple[str, dict[str, Any]]:
    return "vehicle.driver_changed", _place(told)


_SHAPES: Mapping[str, Callable[[_Told], tuple[str, dict[str, Any]]]] = {
    "geofenceEnter": _crossing("enter"),
    "geofenceExit": _crossing("leave"),
    "ignitionOn": _ignition(is_on=True),
    "ignitionOff": _ignition(is_on=False),
    "alarm": _alarm,
    "deviceOverspeed": _overspeed,
    "maintenance": _maintenance,
    "driverChanged": _driver_changed,
}
"""Traccar's event types that the cloud is told of; the others repeat what the readings say."""


def snake_case(name: str) -> str:
    """`hardBraking` -> `hard_braking`: codes of alarms are written alike whatever the source."""
    return clean_text(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def _place(told: _Told) -> dict[str, Any]:
    return {key: plain_number(told.position.get(name)) for key, name in (("lat", "latitude"), ("lon", "longitude"))}


def _part(message: Facts, key: str) -> Facts:
    """An object inside the message; Traccar leaves out what is null."""
    part = message.get(key)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise ContractError(f"{key}: not an object")
    return part


def _time(value: Any) -> int:
    """UTC milliseconds of Traccar's times: ISO 8601 with an offset, or epoch milliseconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return epoch_ms(Decimal(value) / 1000)
    try:
        return epoch_ms(Decimal(to_ms(datetime.fromisoformat(value))) / 1000)
    except (TypeError, ValueError, OverflowError) as error:
        raise ContractError(f"not a time: {str(value)[:40]}") from error


def _time_or_none(value: Any) -> int | None:
    try:
        return _time(value)
    except ContractError:
        return None
