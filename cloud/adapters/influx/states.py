"""Where each series stands, remembered by the one program that writes it: settled type, first and newest moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cloud.adapters.influx.lines import escape, prefix
from cloud.core.series import Sample, SeriesKey
from device_profiles.measurements import StoreField, store_field
from gateway.messages import Quality, Value

TagsOf = Callable[[str, str], Mapping[str, str]]
"""From group and device to the tags of its lines, such as its building."""
NEVER_MS = 2**62


@dataclass(slots=True, eq=False)
class SeriesState:
    """One series. While nothing was written `first_ms` lies after `last_ms`.

    `planned` are the moments that the batch under way takes, and is empty between batches.
    """

    key: SeriesKey
    place: StoreField
    name: str
    kind: str | None = None
    first_ms: int = NEVER_MS
    last_ms: int = -1
    value: Value = None
    quality: Quality = Quality.GOOD
    planned: dict[int, Value] = field(default_factory=dict)
    is_touched: bool = False

    def take(self, at_ms: int, value: Value, quality: Quality) -> None:
        """Something is going to stand there."""
        if at_ms >= self.last_ms:
            self.last_ms, self.value, self.quality = at_ms, value, quality
        if at_ms < self.first_ms:
            self.first_ms = at_ms
        self.planned[at_ms] = value


@dataclass(slots=True, eq=False)
class DeviceState:
    """The series of one device, and how its lines begin with the tags that it has now."""

    group: str
    device: str
    tags: Mapping[str, str]
    series: dict[str, SeriesState] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)

    def head(self, measurement: str, tags: Mapping[str, str]) -> str:
        """Measurement and tags of a line."""
        if tags is self.tags:
            known = self.heads.get(measurement)
            if known is None:
                known = self.heads[measurement] = self._head(measurement, tags)
            return known
        return self._head(measurement, tags)

    def add(self, point: str, types: Mapping[tuple[str, str], str]) -> SeriesState:
        """A series that was never written, or whose reach is still to be set."""
        place = store_field(point)
        kind = types.get((place.measurement, place.field))
        state = SeriesState(SeriesKey(self.group, self.device, point), place, escape(place.field), kind)
        self.series[point] = state
        return state

    def _head(self, measurement: str, tags: Mapping[str, str]) -> str:
        return prefix(measurement, {"group": self.group, "device": self.device, **tags})


class States:
    """Devices by group and name. Only right as long as nobody else writes their series: else `forget`."""

    def __init__(self, tags_of: TagsOf) -> None:
        self._tags_of = tags_of
        self._devices: dict[tuple[str, str], DeviceState] = {}

    def unknown(self, devices: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        return {one for one in devices if one not in self._devices}

    def enter(
        self,
        devices: Iterable[tuple[str, str]],
        reaches: Iterable[tuple[SeriesKey, int, Sample]],
        types: Mapping[tuple[str, str], str],
    ) -> None:
        """Take up devices with what SQL knows of their series: first moment and newest sample."""
        for group, name in devices:
            self._devices[group, name] = DeviceState(group, name, self._tags_of(group, name))
        for key, first_ms, last in reaches:
            state = self._devices[key.group, key.device].add(key.point, types)
            state.first_ms, state.last_ms = first_ms, last.measured_ms
            state.value, state.quality = last.value, last.quality

    def of(self, group: str, device: str) -> DeviceState:
        return self._devices[group, device]

    def forget(self) -> None:
        """What was remembered may be wrong: a write failed, or another program has written."""
        self._devices.clear()
