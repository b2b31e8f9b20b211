"""Whether the edge would take a value for a point, by what the device's birth told."""

from __future__ import annotations

import math
from typing import Any

from cloud.core.ports import RegisteredDevice
from foundation.errors import DomainError
from gateway.point_limits import read_limits


def check_value(device: RegisteredDevice, point: str, value: float) -> None:
    """Raise DomainError 422 for a value that the edge is sure to refuse; `value` in the point's base unit."""
    if not math.isfinite(value):
        raise DomainError("error.value_not_a_number")
    limits = read_limits(device.properties).get(point)
    if limits is None:
        return
    told: dict[str, Any] = {"device": device.device, "point": point, "given": value}
    if not limits.hold(value):
        raise DomainError("error.value_outside_limits", **told, low=limits.low, high=limits.high)
    if not limits.fit_step(value):
        raise DomainError("error.value_off_step", **told, low=limits.low, step=limits.step)
