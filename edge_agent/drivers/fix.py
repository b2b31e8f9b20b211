"""Which positions can be true, whatever the tracker's language: the gate that every fix passes.

A fix older than the last one passes with its own time; the same fix again does not. A fix that cannot be true becomes
one `vehicle.position_rejected` per reason until the next good fix, not one per message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from edge_agent.drivers.report import FUTURE_LIMIT_MS, event_id, is_ahead, number_of, plain_number
from gateway.messages import DeviceEvent, Reading

REPEATS_REMEMBERED = 512
REJECTED_KIND = "vehicle.position_rejected"
LOCATION_POINTS = frozenset({"Location/Lat", "Location/Lon", "Speed", "Course"})
"""What a receiver without satellites does not know."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A position as told: degrees WGS-84, UTC; None where there is no number or no time of this century."""

    lat: Decimal | None
    lon: Decimal | None
    measured_ms: int | None
    is_valid: bool = True
    """What the receiver itself says of it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is empty for a fix that can be true; `event` tells of a rejection that is new."""

    reason: str = ""
    is_repeat: bool = False
    event: DeviceEvent | None = None

    @property
    def events(self) -> tuple[DeviceEvent, ...]:
        return () if self.event is None else (self.event,)


class FixGate:
    """Judges the fixes of the vehicles of one bus."""

    def __init__(self, devices: Iterable[str]) -> None:
        self._seen: dict[str, deque[int]] = {one: deque(maxlen=REPEATS_REMEMBERED) for one in devices}
        self._rejected: dict[str, set[str]] = {one: set() for one in self._seen}

    def judge(self, device: str, fix: Fix, now_ms: int) -> Verdict:
        """Whether the fix can be true, and whether it was heard before."""
        reason = why_rejected(fix, now_ms)
        if reason:
            return self._rejection(device, fix, reason, now_ms)
        assert fix.measured_ms is not None, "a fix without a time is rejected"
        self._rejected[device].clear()
        seen = self._seen[device]
        if fix.measured_ms in seen:
            return Verdict(is_repeat=True)
        seen.append(fix.measured_ms)
        return Verdict()

    def _rejection(self, device: str, fix: Fix, reason: str, now_ms: int) -> Verdict:
        if reason in self._rejected[device]:
            return Verdict(reason)
        self._rejected[device].add(reason)
        told_s = None if fix.measured_ms is None else fix.measured_ms / 1000
        data = {"reason": reason, "lat": plain_number(fix.lat), "lon": plain_number(fix.lon), "tst": told_s}
        identity = event_id("position_rejected", device, reason, fix.measured_ms, now_ms // FUTURE_LIMIT_MS)
        return Verdict(reason, event=DeviceEvent(identity, REJECTED_KIND, device, now_ms, data))


def degrees_of(value: Any) -> Decimal | None:
    """A coordinate of a message; None for what is no number."""
    return None if isinstance(value, bool) else number_of(value)


def why_rejected(fix: Fix, now_ms: int) -> str:
    """A reason code, empty for a fix that can be true."""
    if fix.lat is None or fix.lon is None or abs(fix.lat) > 90 or abs(fix.lon) > 180:
        return "coordinates"
    # A receiver without satellites reports the point off Africa where both are zero.
    if not fix.is_valid or fix.lat == fix.lon == 0:
        return "no_fix"
    if fix.measured_ms is None:
        return "time"
    return "future" if is_ahead(fix.measured_ms, now_ms) else ""


def without_location(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """What holds of a message whose fix does not: ignition, odometer, fuel."""
    return tuple(reading for reading in readings if reading.point not in LOCATION_POINTS)
