"""Report by exception: which readings are worth a row of the outbox.

Sent are: the first value, a change of at least the dead-band, every change of quality, None and text, whatever was
silent for too long, and counters once per slow poll, so that interval energy always finds a register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point
from edge_agent.site import Site
from gateway.messages import Reading, Value

_COUNTER_SHARE = 0.9
"""Polls come a little early or late: a counter due after 60 s is taken at 54 s rather than at 120 s."""


class Deadband:
    """Remembers what was sent last of every point. `points` gives the profile's Point by device and name."""

    def __init__(
        self, points: Mapping[str, Mapping[str, Point]], *, max_silence_s: float, counter_silence_s: float
    ) -> None:
        self._sent: dict[str, dict[str, Reading]] = {}
        self._set(points, max_silence_s, counter_silence_s)

    @classmethod
    def of_site(cls, site: Site, catalogue: Catalogue) -> Deadband:
        """The dead-bands of a site's devices."""
        return cls(
            _points_of(site, catalogue), max_silence_s=site.poll.max_silence_s, counter_silence_s=site.poll.slow_s
        )

    def replace_site(self, site: Site, catalogue: Catalogue, *, forget: Iterable[str]) -> None:
        """Judge by another site from now on; of the devices in `forget` everything is worth sending again."""
        self.forget(forget)
        self._set(_points_of(site, catalogue), site.poll.max_silence_s, site.poll.slow_s)

    def forget(self, devices: Iterable[str]) -> None:
        """Everything of these devices is worth sending again."""
        for device in devices:
            self._sent.pop(device, None)

    def _set(self, points: Mapping[str, Mapping[str, Point]], max_silence_s: float, counter_silence_s: float) -> None:
        self._bands = _bands_of(points)
        self._silence_ms = round(max_silence_s * 1000)
        self._counter_silence_ms = round(min(max_silence_s, counter_silence_s * _COUNTER_SHARE) * 1000)

    def select(self, device: str, readings: Iterable[Reading]) -> list[Reading]:
        """The readings worth sending, remembered as sent."""
        selected = []
        bands, sent = self._bands.get(device, {}), self._sent.setdefault(device, {})
        for reading in readings:
            last = sent.get(reading.point)
            if not self._is_worth_sending(bands.get(reading.point), last, reading):
                continue
            selected.append(reading)
            if last is None or reading.measured_ms >= last.measured_ms:
                sent[reading.point] = reading
        return selected

    def _is_worth_sending(self, band: _Band | None, last: Reading | None, reading: Reading) -> bool:
        if band is None or last is None or reading.quality != last.quality:
            return True
        silence_ms = self._counter_silence_ms if band.is_counter else self._silence_ms
        passed_ms = reading.measured_ms - last.measured_ms
        # An older fix is history that nobody has yet.
        return passed_ms < 0 or passed_ms >= silence_ms or band.is_change(last.value, reading.value)


@dataclass(frozen=True, slots=True)
class _Band:
    """The dead-band of a point in base units (`absolute`), and as a share of the last value."""

    absolute: float
    relative: float
    is_counter: bool

    def is_change(self, last: Value, value: Value) -> bool:
        """Whether two values differ by at least the dead-band; None and text differ or not."""
        if last == value and type(last) is type(value):
            return False
        if not isinstance(last, int | float) or not isinstance(value, int | float) or isinstance(value, bool):
            return True
        return abs(value - last) >= max(self.absolute, self.relative * abs(last))


def _band(point: Point) -> _Band:
    absolute = float(point.deadband.abs * point.display_unit.factor)
    return _Band(absolute, float(point.deadband.rel), point.kind == "counter")


def _bands_of(points: Mapping[str, Mapping[str, Point]]) -> dict[str, dict[str, _Band]]:
    """Bands by device and point; devices that share their points share their bands."""
    made: dict[int, dict[str, _Band]] = {}
    for of_device in points.values():
        if id(of_device) not in made:
            made[id(of_device)] = {name: _band(point) for name, point in of_device.items()}
    return {device: made[id(of_device)] for device, of_device in points.items()}


def _points_of(site: Site, catalogue: Catalogue) -> dict[str, dict[str, Point]]:
    profiles = {device.profile: catalogue.get(device.profile) for device in site.devices}
    points = {one: {point.name: point for point in profile.all_points} for one, profile in profiles.items()}
    return {device.id: points[device.profile] for device in site.devices}
