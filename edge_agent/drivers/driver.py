"""The two shapes of a driver: devices that are asked (polled) and sources that speak by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from device_profiles.profile import Point, Profile
from edge_agent.site import Device
from foundation.errors import DeviceError
from gateway.messages import DeviceEvent, Reading, Value


@dataclass(frozen=True, slots=True)
class InstalledDevice:
    """A device of the site file with the profile that describes it."""

    device: Device
    profile: Profile

    @property
    def id(self) -> str:
        return self.device.id


class Urgency(IntEnum):
    """Who goes first when several want the same line."""

    COMMAND = 0
    FAST = 1
    NORMAL = 2
    SLOW = 3


class TooLate(DeviceError):
    """The time was over before the question could be sent: nothing was sent."""


class DeviceDriver(Protocol):
    """One installed device that answers questions."""

    async def read(self, points: Sequence[Point], urgency: Urgency = Urgency.NORMAL) -> list[Reading]:
        """Readings of `points` in base units, stamped when their registers were read.

        A value outside the profile's range comes with Quality.BAD, a sentinel as None.
        Raises DeviceError when the device does not answer properly, LinkError when the bus is down.
        """
        ...

    async def write(self, point: Point, value: float, *, until_s: float | None = None) -> None:
        """Write one value in base units; raises as `read` does. Never retried here.

        What could not be sent before `until_s` (monotonic) is not sent any more: TooLate.
        """
        ...

    async def close(self) -> None: ...


class Intake(Protocol):
    """Where everything that the building says is handed in. Calls are quick and never block."""

    def readings(self, device: str, readings: Sequence[Reading]) -> None:
        """The readings of one device and one poll (or one message)."""
        ...

    def event(self, event: DeviceEvent) -> None:
        """A fact that must reach the cloud once."""
        ...

    def device_found(self, device: str, at_ms: int) -> None:
        """The device answers (again); called on the change only."""
        ...

    def device_lost(self, device: str, at_ms: int, reason: str) -> None:
        """The device no longer answers; called on the change only. `reason` is a code such as `timeout`."""
        ...

    def malformed(self, topic: str, payload: bytes, reason: str) -> None:
        """A message that makes no sense: its raw bytes are kept for people to look at."""
        ...

    @property
    def left_out(self) -> int:
        """Rows given up since the start because the disk took nothing; any that was handed in may be among them."""
        ...

    async def committed(self) -> bool:
        """Wait until all that was handed in before this call is durable; False when some of it had to be left out.

        For languages whose devices forget what was acknowledged.
        """
        ...


class HealthSource(Protocol):
    """What the box knows of itself, for the device that stands for it."""

    async def values(self) -> Mapping[str, Value]:
        """Values in base units by the profile's field name; a field that is absent is not known here."""
        ...


class DeviceSource(Protocol):
    """A link over which devices report by themselves (cameras, trackers)."""

    async def run(self) -> None:
        """Listen until cancelled, handing everything to the Intake; reconnects by itself."""
        ...


class PointWriter(Protocol):
    """What commands need of a device: write a point, and read it back (both ahead of all polling)."""

    async def write(self, device: str, point: str, value: float, *, until_s: float | None = None) -> None:
        """Write in base units; raises DeviceError or LinkError, TooLate as DeviceDriver.write."""
        ...

    async def read_back(self, device: str, point: str) -> Value:
        """The value now in the device, in base units; raises DeviceError or LinkError."""
        ...
