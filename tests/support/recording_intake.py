"""An Intake that keeps what it is given, in order, for tests to look at and to wait for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.messages import DeviceEvent, Reading


def _ready() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class RecordingIntake:
    """Fits the port Intake. `polls` holds (device, readings, monotonic arrival).

    `committed` waits for `disk_ready` and then says `disk_takes`.
    """

    polls: list[tuple[str, list[Reading], float]] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)
    life: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[tuple[str, bytes, str]] = field(default_factory=list)
    disk_ready: asyncio.Event = field(default_factory=_ready)
    disk_takes: bool = True
    commits_asked: int = 0
    left_out: int = 0

    def readings(self, device: str, readings: Sequence[Reading]) -> None:
        self.polls.append((device, list(readings), time.monotonic()))

    def event(self, event: DeviceEvent) -> None:
        self.events.append(event)

    def device_found(self, device: str, at_ms: int) -> None:
        self.life.append((device, "found"))

    def device_lost(self, device: str, at_ms: int, reason: str) -> None:
        self.life.append((device, reason))

    def malformed(self, topic: str, payload: bytes, reason: str) -> None:
        self.set_aside.append((topic, payload, reason))

    async def committed(self) -> bool:
        self.commits_asked += 1
        await self.disk_ready.wait()
        return self.disk_takes

    def values(self, device: str, point: str) -> list[Reading]:
        """The readings of one point in the order of their arrival."""
        return [
            reading
            for one, readings, _ in self.polls
            if one == device
            for reading in readings
            if reading.point == point
        ]

    async def until(self, holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until `holds`; fails the test after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while not holds():
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"not within {timeout_s:g} s; life {self.life}, {len(self.polls)} polls") from None
