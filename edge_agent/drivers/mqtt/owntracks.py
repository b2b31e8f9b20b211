"""Vehicles that publish the OwnTracks JSON form (owntracks/booklet, tech/json): fixes, transitions, last will."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.fix import Fix, FixGate, degrees_of
from edge_agent.drivers.mqtt.message import epoch_ms, parse_object, text_of
from edge_agent.drivers.report import Heard, event_id, not_ahead, plain_number, readings_of
from foundation.errors import ContractError
from gateway.messages import DeviceEvent

DEFAULT_TOPIC = "owntracks/fleet/{address}"


class OwnTracksTranslator:
    """Translator of trackers. Coordinates stay WGS-84."""

    def __init__(self, devices: Sequence[InstalledDevice]) -> None:
        self._devices = {
            (one.profile.topic or DEFAULT_TOPIC).replace("{address}", one.device.address or ""): one for one in devices
        }
        self._gate = FixGate(one.id for one in devices)

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(filter_ for topic in self._devices for filter_ in (topic, f"{topic}/event"))

    def translate(self, topic: str, payload: bytes, now_ms: int) -> list[Heard]:
        installed = self._devices.get(topic.removesuffix("/event"))
        if installed is None:
            return []
        message = parse_object(payload)
        kind = text_of(message, "_type")
        if kind == "location":
            return self._location(installed, message, now_ms)
        if kind == "transition":
            return [_transition(installed, message, now_ms)]
        if kind == "lwt":
            return [Heard(installed.id, is_alive=False, reason="last_will")]
        return []

    def longest_silence_s(self, usual_s: float) -> float | None:
        """A parked vehicle says nothing for days; its last will tells of a loss."""
        return None

    def forget_life(self) -> None:
        """Nothing to forget: every fix is a sign of life."""

    def _location(self, installed: InstalledDevice, message: Mapping[str, Any], now_ms: int) -> list[Heard]:
        fix = _fix(message)
        verdict = self._gate.judge(installed.id, fix, now_ms)
        if verdict.reason or fix.measured_ms is None:
            return [Heard(installed.id, events=verdict.events, is_alive=True)] if verdict.events else []
        if verdict.is_repeat:
            return []
        return [Heard(installed.id, tuple(readings_of(installed, message, fix.measured_ms)), is_alive=True)]


def _fix(message: Mapping[str, Any]) -> Fix:
    try:
        measured_ms = epoch_ms(message.get("tst"))
    except ContractError:
        measured_ms = None
    return Fix(degrees_of(message.get("lat")), degrees_of(message.get("lon")), measured_ms)


def _transition(installed: InstalledDevice, message: Mapping[str, Any], now_ms: int) -> Heard:
    crossing, region = text_of(message, "event"), text_of(message, "desc")
    if crossing not in ("enter", "leave"):
        raise ContractError(f"transition {crossing!r} is neither enter nor leave")
    told_ms = epoch_ms(message.get("tst"))
    data = {
        "event": crossing,
        "region": region,
        "lat": plain_number(message.get("lat")),
        "lon": plain_number(message.get("lon")),
    }
    identity = event_id("transition", installed.id, told_ms, crossing, region)
    event = DeviceEvent(identity, "vehicle.transition", installed.id, not_ahead(told_ms, now_ms), data)
    return Heard(installed.id, events=(event,), is_alive=True)
