"""Which times of what the drivers say are our clock's, and so share its doubt and its first shift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from device_profiles.catalogue import Catalogue
from edge_agent.site import Site
from foundation.steady_clock import SteadyClock
from gateway.messages import Reading
from gateway.sparkplug.vocabulary import always, never

POLLED = ("modbus", "dlt645", "cjt188", "gateway")
"""Drivers whose readings bear the time of our read; the others may speak of a device's own time."""

OURS_WITHIN_MS = 10_000
"""A time of a device that speaks by itself is taken for ours when it is that close to ours."""

LATE_S = 30.0
"""So long after a shift a reading may still come that was stamped before it."""


class TimeScale:
    """Asked by the intake for everything that comes in."""

    def __init__(self, clock: SteadyClock, site: Site, catalogue: Catalogue) -> None:
        self._clock = clock
        self._polled: frozenset[str] = frozenset()
        self._shift_ms, self._shifted_s = 0, float("-inf")
        self.replace_site(site, catalogue)

    def replace_site(self, site: Site, catalogue: Catalogue) -> None:
        """Judge by another site from now on."""
        polled = (one.id for one in site.devices if catalogue.get(one.profile).driver in POLLED)
        self._polled = frozenset(polled)

    def is_ours(self, device: str) -> bool:
        """Whether all times of the device are ours."""
        return device in self._polled

    def doubt(self, device: str) -> Callable[[int], bool]:
        """Says of a time that comes in now whether it is ours and may need a shift later; "" is the node."""
        if not self._clock.is_unsure:
            return never
        if not device or device in self._polled:
            return always
        now_ms = self._clock.now_ms()
        return lambda at_ms: abs(at_ms - now_ms) <= OURS_WITHIN_MS

    def shifted(self, shift_ms: int) -> None:
        """The clock took a new scale."""
        self._shift_ms, self._shifted_s = shift_ms, self._clock.monotonic()

    def on_scale(self, device: str, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Readings that were on their way while the scale changed, brought to the new one."""
        if self._clock.monotonic() - self._shifted_s > LATE_S or not self._shift_ms:
            return readings
        return [replace(one, measured_ms=self._moved(device, one.measured_ms)) for one in readings]

    def _moved(self, device: str, at_ms: int) -> int:
        now_ms, moved_ms = self._clock.now_ms(), at_ms + self._shift_ms
        is_old = moved_ms <= now_ms and abs(moved_ms - now_ms) < abs(at_ms - now_ms)
        near = device in self._polled or abs(moved_ms - now_ms) <= OURS_WITHIN_MS
        return moved_ms if is_old and near else at_ms
