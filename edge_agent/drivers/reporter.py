"""Hands in what devices say by themselves, and keeps who is alive, so that the Intake is told of changes only."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.drivers.driver import Intake
from edge_agent.drivers.report import Heard
from foundation.clock import Clock


class Reporter:
    """Between a source's translators and the Intake, for the devices of one bus."""

    def __init__(self, devices: Sequence[str], intake: Intake, clock: Clock) -> None:
        self._intake, self._clock = intake, clock
        self._is_alive: dict[str, bool | None] = dict.fromkeys(devices)

    @property
    def devices(self) -> Sequence[str]:
        """All devices of the bus."""
        return tuple(self._is_alive)

    def hand_in(self, heard: Heard) -> None:
        """Life first, then readings, then events; readings of a lost device are left out."""
        was_alive = self._is_alive.get(heard.device)
        # Data of a device whose life is not yet known are a sign of it.
        is_alive = (was_alive is not False) if heard.is_alive is None else heard.is_alive
        if is_alive and not was_alive:
            self._is_alive[heard.device] = True
            self._intake.device_found(heard.device, self._clock.now_ms())
        if heard.readings and (is_alive or was_alive):
            self._intake.readings(heard.device, heard.readings)
        for event in heard.events:
            self._intake.event(event)
        if not is_alive:
            self.lose(heard.device, heard.reason)

    def lose(self, device: str, reason: str) -> None:
        """The device is lost, unless it was before."""
        if self._is_alive.get(device) is not False:
            self._is_alive[device] = False
            self._intake.device_lost(device, self._clock.now_ms(), reason)
