"""An official vehicle drives faster than it may."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.core.ports import RegisteredDevice
from cloud.core.series import Sample
from cloud.detectors.detector import Detector, Finding
from gateway.messages import Quality

DEFAULT_LIMIT_KMH = 120.0
"""The highest limit on Chinese roads (Regulations for the Road Traffic Safety Law, art. 78); no map is asked."""

TOLERANCE = 1.1
"""Up to a tenth above the limit is not punished in China, and a tracker is no better than that."""

SPELL_MS = 600_000
"""At most one event per vehicle in so long a time."""

LIMIT_PROPERTY = "speed_limit_kmh"


def speeding(device: RegisteredDevice, sample: Sample) -> Finding | None:
    """Above the limit of the device's property `speed_limit_kmh` (else the highest of all) by more than a tenth."""
    speed = sample.value
    if sample.quality is not Quality.GOOD or isinstance(speed, bool) or not isinstance(speed, int | float):
        return None
    limit = limit_of(device)
    if speed <= limit * TOLERANCE:
        return None
    evidence = f"{device.group}/{device.device}/{sample.measured_ms // SPELL_MS}"
    data = {"speed_kmh": round(speed, 1), "limit_kmh": limit}
    return Finding("vehicle.speeding", Severity.YELLOW, evidence, data)


def limit_of(device: RegisteredDevice) -> float:
    """The limit in km/h; a property that is no positive number is as good as none."""
    try:
        limit = float(device.properties.get(LIMIT_PROPERTY, DEFAULT_LIMIT_KMH))
    except ValueError:
        return DEFAULT_LIMIT_KMH
    return limit if limit > 0 else DEFAULT_LIMIT_KMH


DETECTOR = Detector(on_reading={"Speed": speeding})
