"""A weather station that publishes JSON, replaying the hours that the loads replay."""

from __future__ import annotations

import json

from foundation.clock import Clock
from simulators.plant import Plant
from simulators.publisher import Message, Send

EVERY_S = 5.0


def report(plant: Plant, address: str, at_ms: int) -> Message:
    """The weather at one time: °C, % relative humidity, W/m² of global irradiance, epoch seconds."""
    content = {
        "temp_c": round(plant.temperature.value(at_ms), 1),
        "rh_pct": round(min(max(plant.humidity.value(at_ms), 0.0), 100.0), 1),
        "ghi_wm2": round(max(plant.irradiance.value(at_ms), 0.0)),
        "ts": at_ms // 1000,
    }
    return Message(f"weather/{address}", json.dumps(content, separators=(",", ":")))


class WeatherStation:
    """Publishes on `weather/<address>` every few seconds."""

    def __init__(self, plant: Plant, address: str, send: Send, clock: Clock) -> None:
        self._plant, self._address, self._send, self._clock = plant, address, send, clock

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            self._send(report(self._plant, self._address, self._clock.now_ms()))
            await self._clock.sleep(EVERY_S)
