"""Interlocks of a site: whether what a write needs is known to be so, by the last readings or a look at the device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from device_profiles.catalogue import Catalogue
from device_profiles.interlock import Interlock, Span
from device_profiles.point import Point
from edge_agent.commands.controlled_point import as_number
from edge_agent.drivers.driver import PointWriter
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.errors import DeviceError, LinkError
from gateway.messages import Quality, Reading

LastReading = Callable[[str, str], Reading | None]
"""The newest reading of a device's point; None when it was never read."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Writing a value of `writes` needs `point` of `device` within `low`..`high`; base units."""

    writes: tuple[float, float] | None
    device: str
    point: str
    low: float
    high: float
    max_age_s: float

    def concerns(self, value: float) -> bool:
        return self.writes is None or self.writes[0] <= value <= self.writes[1]


Rules = Mapping[tuple[str, str], Sequence[Rule]]
"""By device and point that is written."""


class Interlocks:
    """Answers for every write of one edge node, whatever its priority; unknown, doubtful or old means no."""

    def __init__(self, last: LastReading, reader: PointWriter, clock: Clock) -> None:
        self._last, self._reader, self._clock = last, reader, clock
        self._rules: Rules = {}

    def replace(self, rules: Rules) -> None:
        """These rules hold from now on."""
        self._rules = rules

    async def forbid(self, device: str, point: str, value: float) -> bool:
        """Whether a rule keeps the point from that value now; looks at the device when the last reading is too old."""
        for rule in self._rules.get((device, point), ()):
            if rule.concerns(value) and not await self._is_met(rule):
                return True
        return False

    async def _is_met(self, rule: Rule) -> bool:
        reading = self._fresh(rule)
        if reading is None:
            try:
                # Its reading goes into the process image with its quality; the bare value would not tell that.
                await self._reader.read_back(rule.device, rule.point)
            except (DeviceError, LinkError):
                return False
            reading = self._fresh(rule)
        number = None if reading is None else as_number(reading.value)
        return number is not None and rule.low <= number <= rule.high

    def _fresh(self, rule: Rule) -> Reading | None:
        reading = self._last(rule.device, rule.point)
        if reading is None or reading.quality is not Quality.GOOD:
            return None
        age_s = (self._clock.now_ms() - reading.measured_ms) / 1000
        # A reading from the future was stamped by another clock than today's: its age is not known.
        return reading if -1 <= age_s <= rule.max_age_s else None


def rules_of(site: Site, catalogue: Catalogue) -> Rules:
    """The interlocks of the profiles, for every installed device, and those of the site file."""
    rules: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    profiles = {device.id: catalogue.get(device.profile) for device in site.devices}
    for device, profile in profiles.items():
        for point in profile.writable:
            for lock in point.interlocks:
                rules[device, point.name].append(_rule(lock, point, device, profile.point(lock.needs)))
    for one in site.interlocks:
        written, needed = profiles[one.device].point(one.point), profiles[one.of].point(one.needs)
        rules[one.device, one.point].append(_rule(one, written, one.of, needed))
    return rules


def _rule(lock: Interlock, written: Point, device: str, needed: Point) -> Rule:
    return Rule(
        writes=None if lock.writes is None else _in_base(written, lock.writes),
        device=device,
        point=needed.name,
        low=_in_base(needed, lock.range)[0],
        high=_in_base(needed, lock.range)[1],
        max_age_s=lock.max_age_s,
    )


def _in_base(point: Point, span: Span) -> tuple[float, float]:
    low, high = (float(point.display_unit.to_base(end)) for end in span)
    return low, high
