"""Sensors that publish one JSON object a message, as their profile's `topic` and `field`s describe."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.message import epoch_ms, parse_object
from edge_agent.drivers.report import Heard, is_ahead, readings_of
from foundation.errors import ContractError

TIME_FIELD = "ts"
"""Epoch seconds of the measurement; a message without it was measured when it came."""


class JsonTranslator:
    """Translator of plain JSON sensors."""

    def __init__(self, devices: Sequence[InstalledDevice]) -> None:
        self._devices = {
            (one.profile.topic or "{address}").replace("{address}", one.device.address or ""): one for one in devices
        }
        self._last_ms: dict[str, int] = {}

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self._devices)

    def translate(self, topic: str, payload: bytes, now_ms: int) -> list[Heard]:
        installed = self._devices.get(topic)
        if installed is None:
            return []
        message = parse_object(payload)
        measured_ms = epoch_ms(message[TIME_FIELD]) if TIME_FIELD in message else now_ms
        if is_ahead(measured_ms, now_ms):
            raise ContractError(f"measured {(measured_ms - now_ms) // 1000} s in the future")
        readings = readings_of(installed, message, measured_ms)
        if not readings:
            raise ContractError("none of the profile's fields is in the message")
        if self._last_ms.get(installed.id) == measured_ms:
            # A retained message comes again with every connection; it says nothing new, not even life.
            return []
        self._last_ms[installed.id] = measured_ms
        return [Heard(installed.id, tuple(readings), is_alive=True)]

    def longest_silence_s(self, usual_s: float) -> float | None:
        """A sensor reports steadily."""
        return usual_s

    def forget_life(self) -> None:
        """Nothing to forget: every message is a sign of life."""
