"""The box itself as a device: what it knows of its own health is read like any meter."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.profile import Point
from edge_agent.drivers.driver import HealthSource, Urgency
from foundation.clock import Clock
from foundation.errors import DeviceError
from gateway.messages import Reading


class GatewayDevice:
    """DeviceDriver of the box."""

    def __init__(self, health: HealthSource | None, clock: Clock) -> None:
        self._health, self._clock = health, clock

    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        """As DeviceDriver.read; what this box cannot know (no thermometer) gives no reading."""
        if self._health is None:
            raise DeviceError("nobody knows this box's health")
        values = await self._health.values()
        now_ms = self._clock.now_ms()
        known = [(point.name, point.field) for point in points if point.field in values]
        return [Reading(name, values[field or ""], now_ms) for name, field in known]

    async def write(self, point: Point, value: float, *, until_s: float | None = None) -> None:
        """As DeviceDriver.write."""
        raise DeviceError(f"{point.name} cannot be written")

    async def close(self) -> None:
        """Nothing is open."""
