"""The building as last seen: the newest reading of every point, for births, guards and people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gateway.messages import Quality, Reading


class ProcessImage:
    """The last Reading per device and point. Not persistent: it is filled again by the first polls."""

    def __init__(self) -> None:
        self._devices: dict[str, dict[str, Reading]] = {}
        self._seen_s: dict[str, dict[str, float]] = {}

    def update(self, device: str, readings: Iterable[Reading], at_s: float = 0.0) -> None:
        """Take in readings that came at `at_s` (monotonic); one older than the one held changes nothing."""
        held, seen_s = self._devices.setdefault(device, {}), self._seen_s.setdefault(device, {})
        for reading in readings:
            last = held.get(reading.point)
            if last is None or reading.measured_ms >= last.measured_ms:
                held[reading.point] = reading
                seen_s[reading.point] = at_s

    def forget(self, device: str) -> None:
        """The device has left the site, or is read in another way."""
        self._devices.pop(device, None)
        self._seen_s.pop(device, None)

    def unseen_s(self, device: str, point: str, now_s: float) -> float | None:
        """Seconds since a value of the point came in, however the wall clock was set; None when none ever did."""
        at_s = self._seen_s.get(device, {}).get(point)
        return None if at_s is None else now_s - at_s

    def last(self, device: str, point: str) -> Reading | None:
        """The newest reading of a point; None when it was never read."""
        return self._devices.get(device, {}).get(point)

    def device(self, device: str) -> Mapping[str, Reading]:
        """The newest readings of a device by point name, as a copy."""
        return dict(self._devices.get(device, {}))

    def mark_stale(self, device: str) -> None:
        """The device no longer answers: its values stay, with Quality.STALE and their old time."""
        held = self._devices.get(device, {})
        self._devices[device] = {name: replace(reading, quality=Quality.STALE) for name, reading in held.items()}
