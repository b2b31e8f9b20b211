"""Vehicles that publish the OwnTracks JSON form (owntracks/booklet, tech/json): fixes, transitions, last will."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.message import (
    FUTURE_LIMIT_MS,
    Heard,
    epoch_ms,
    event_id,
    number_of,
    parse_object,
    readings_of,
    text_of,
)
from foundation.errors import ContractError
from gateway.messages import DeviceEvent

DEFAULT_TOPIC = "owntracks/fleet/{address}"
REPEATS_REMEMBERED = 512


class OwnTracksTranslator:
    """Translator of trackers. Coordinates stay WGS-84.

    A fix older than the last one is handed on with its own time; the same fix again is dropped. A fix that cannot be
    true becomes one `vehicle.position_rejected` per reason until the next good fix, not one per message.
    """

    speaks_regularly = False

    def __init__(self, devices: Sequence[InstalledDevice]) -> None:
        self._devices = {
            (one.profile.topic or DEFAULT_TOPIC).replace("{address}", one.device.address or ""): one for one in devices
        }
        self._seen: dict[str, deque[int]] = {one.id: deque(maxlen=REPEATS_REMEMBERED) for one in devices}
        self._rejected: dict[str, set[str]] = {one.id: set() for one in devices}

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

    def forget_life(self) -> None:
        """Nothing to forget: every fix is a sign of life."""

    def _location(self, installed: InstalledDevice, message: Mapping[str, Any], now_ms: int) -> list[Heard]:
        reason = _why_rejected(message, now_ms)
        if reason:
            return self._rejection(installed, message, reason, now_ms)
        self._rejected[installed.id].clear()
        measured_ms = epoch_ms(message["tst"])
        seen = self._seen[installed.id]
        if measured_ms in seen:
            return []
        seen.append(measured_ms)
        return [Heard(installed.id, tuple(readings_of(installed, message, measured_ms)), is_alive=True)]

    def _rejection(
        self, installed: InstalledDevice, message: Mapping[str, Any], reason: str, now_ms: int
    ) -> list[Heard]:
        if reason in self._rejected[installed.id]:
            return []
        self._rejected[installed.id].add(reason)
        data = {"reason": reason, **{key: _plain(message.get(key)) for key in ("lat", "lon", "tst")}}
        identity = event_id("position_rejected", installed.id, reason, message.get("tst"), now_ms // FUTURE_LIMIT_MS)
        event = DeviceEvent(identity, "vehicle.position_rejected", installed.id, now_ms, data)
        return [Heard(installed.id, events=(event,), is_alive=True)]


def _why_rejected(message: Mapping[str, Any], now_ms: int) -> str:
    """A reason code, empty for a fix that can be true."""
    lat, lon = _coordinate(message.get("lat"), 90), _coordinate(message.get("lon"), 180)
    if lat is None or lon is None:
        return "coordinates"
    # A receiver without satellites reports the point off Africa where both are zero.
    if lat == 0 and lon == 0:
        return "no_fix"
    try:
        measured_ms = epoch_ms(message.get("tst"))
    except ContractError:
        return "time"
    return "future" if measured_ms > now_ms + FUTURE_LIMIT_MS else ""


def _coordinate(value: Any, limit: int) -> Decimal | None:
    number = None if isinstance(value, bool) else number_of(value)
    return number if number is not None and abs(number) <= limit else None


def _transition(installed: InstalledDevice, message: Mapping[str, Any], now_ms: int) -> Heard:
    crossing, region = text_of(message, "event"), text_of(message, "desc")
    if crossing not in ("enter", "leave"):
        raise ContractError(f"transition {crossing!r} is neither enter nor leave")
    told_ms = epoch_ms(message.get("tst"))
    # A crossing must not be lost to a wrong clock: it happened at the latest when it was told.
    occurred_ms = told_ms if told_ms <= now_ms + FUTURE_LIMIT_MS else now_ms
    data = {"event": crossing, "region": region, "lat": _plain(message.get("lat")), "lon": _plain(message.get("lon"))}
    identity = event_id("transition", installed.id, told_ms, crossing, region)
    event = DeviceEvent(identity, "vehicle.transition", installed.id, occurred_ms, data)
    return Heard(installed.id, events=(event,), is_alive=True)


def _plain(value: Any) -> float | None:
    number = None if isinstance(value, bool) else number_of(value)
    return None if number is None or abs(number) > Decimal("1e18") else float(number)
