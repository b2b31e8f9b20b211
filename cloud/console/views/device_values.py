"""Devices with their newest values, and the history of one point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.console.curves import Curve, joined, on_grid
from cloud.console.views.places import PlacedDevice, Places
from cloud.core.ports import RegisteredPoint
from cloud.core.series import Aggregate, Sample, SeriesKey
from cloud.desks.door import DoorServices
from cloud.energy.threshold import MAX_GAP_MS
from gateway.messages import Quality

STALE_MS = 15 * 60_000
"""An online device repeats its values after at most 5 minutes; what is older than three times that is stale."""

HISTORY_STEPS = 360
IMPORTED_GAP_MS = 16 * 60_000
"""Imported logger history has a value every 15 minutes."""

KEY_POINTS = (
    "Power/Active/Total", "Energy/Active/Total", "Energy/Active/Import", "Flow", "Volume/Positive", "Temperature/Room",
    "Setpoint/Temperature", "Switch", "Camera/Online", "Count/Person", "Count/Car", "Speed", "Battery",
    "Temperature/Outdoor", "Humidity/Outdoor", "Irradiance", "Relay/1", "Relay/2", "Relay/3",
)  # fmt: skip
"""The points that say most of a device, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class PointValue:
    """A point with its newest sample, None before the first one."""

    point: RegisteredPoint
    sample: Sample | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class DeviceValues:
    """A device and its points in the order of the birth."""

    device: PlacedDevice
    values: tuple[PointValue, ...]

    @property
    def key_values(self) -> tuple[PointValue, ...]:
        """At most two points that say most of it."""
        by_name = {value.point.name: value for value in self.values}
        known = [by_name[name] for name in KEY_POINTS if name in by_name]
        return tuple((known or list(self.values))[:2])

    @property
    def newest_ms(self) -> int | None:
        return max((value.sample.measured_ms for value in self.values if value.sample), default=None)


def read_devices(services: DoorServices, places: Places) -> tuple[DeviceValues, ...]:
    """All devices in scope with their newest values."""
    newest: dict[SeriesKey, Sample] = {}
    for group in places.groups():
        newest.update(services.store.last(group, [one.id for one in places.devices if one.group == group]))
    return _with_values(places.devices, newest, services.clock.now_ms())


def read_device(services: DoorServices, device: PlacedDevice) -> DeviceValues:
    """One device with its newest values."""
    return _with_values([device], services.store.last(device.group, [device.id]), services.clock.now_ms())[0]


def _with_values(
    devices: Sequence[PlacedDevice], newest: Mapping[SeriesKey, Sample], now_ms: int
) -> tuple[DeviceValues, ...]:
    return tuple(
        DeviceValues(
            device,
            tuple(
                PointValue(point, sample, is_stale(sample, device.registered.is_online, now_ms))
                for point in device.registered.points
                for sample in [newest.get(SeriesKey(device.group, device.id, point.name))]
            ),
        )
        for device in devices
    )


def is_stale(sample: Sample | None, is_online: bool, now_ms: int) -> bool:
    """Whether a value is to be greyed: nobody vouches for it now."""
    if sample is None or not is_online:
        return True
    return sample.quality is not Quality.GOOD or now_ms - sample.measured_ms > STALE_MS


def is_drawable(point: RegisteredPoint) -> bool:
    """Whether a curve of it means something."""
    return point.datatype in ("int", "float", "bool")


def read_history(services: DoorServices, device: PlacedDevice, point: str, hours: int) -> Curve:
    """The point over the last hours in base units; a switch is drawn as 0 and 1. Over an hour one value per step."""
    step_ms = hours * 3_600_000 // HISTORY_STEPS
    end_ms = services.clock.now_ms() // step_ms * step_ms
    start_ms = end_ms - hours * 3_600_000
    declared = next((one for one in device.registered.points if one.name == point), None)
    is_gauge = declared is not None and declared.kind == "gauge"
    lost_ms = None if device.registered.is_online else device.registered.changed_ms
    key = SeriesKey(device.group, device.id, point)
    if hours <= 1:
        samples = services.store.series(key, start_ms - MAX_GAP_MS, end_ms + 1)
        return on_grid(_numbers(samples), start_ms, end_ms, step_ms, valid_until_ms=lost_ms)
    aggregate: Aggregate = "mean" if is_gauge else "last"
    samples = services.store.series(key, start_ms, end_ms + step_ms, window_ms=step_ms, aggregate=aggregate)
    return joined(_numbers(samples), max(IMPORTED_GAP_MS, 2 * step_ms), valid_until_ms=lost_ms)


def _numbers(samples: Sequence[Sample]) -> list[Sample]:
    return [
        Sample(one.measured_ms, float(one.value) if isinstance(one.value, bool) else one.value, one.quality)
        for one in samples
    ]
