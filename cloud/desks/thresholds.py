"""What a door does when an officer changes a threshold: permission, scope, rules, audit, change, wake.

The audit row is written before the change: a crash in between leaves a word too many, never a change without one.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from cloud.core.access import Permission, Principal, can
from cloud.core.ports import RegisteredDevice, RegisteredPoint
from cloud.core.threshold import Threshold, ThresholdAction
from cloud.desks.command_value import check_value
from cloud.desks.door import DoorServices
from cloud.desks.series_sight import may_see_readings
from foundation.errors import DomainError

RANGES: dict[str, tuple[float, float]] = {
    "window_s": (5, 86_400),
    "hold_s": (0, 86_400),
    "lease_s": (10, 86_400),
    # An automatic rule never outranks the officer's own hand, BACnet priority 8.
    "priority": (9, 16),
}
"""Smallest and largest value of each number of a threshold and its actions."""


def save_threshold(services: DoorServices, principal: Principal, threshold: Threshold) -> Threshold:
    """Enter or replace a threshold; returns it as saved, with who changed it and when.

    Raises DomainError: 403 without the permission, 404 outside the scope, 422 with the code of the broken rule.
    """
    needed = [Permission.WRITE_THRESHOLDS] + ([Permission.DECIDE_COMMAND] if threshold.automatic else [])
    if not all(can(principal, permission) for permission in needed):
        raise DomainError("error.forbidden", 403)
    devices = services.registry.devices(principal.institution_ids)
    check_threshold(threshold, devices)
    # A limit on readings tells when they were above it.
    if not may_see_readings(services, principal, _device(devices, threshold, threshold.device)):
        raise DomainError("error.forbidden", 403)
    saved = dataclasses.replace(threshold, changed_by=principal.name, changed_ms=services.clock.now_ms())
    _audit(services, principal, saved, "threshold.save", dataclasses.asdict(saved))
    services.thresholds.save(saved)
    services.wake()
    return saved


def remove_threshold(services: DoorServices, principal: Principal, threshold_id: str) -> Threshold:
    """Take a threshold away and return it; raises DomainError (403, 404)."""
    if not can(principal, Permission.WRITE_THRESHOLDS):
        raise DomainError("error.forbidden", 403)
    threshold = find_threshold(services, principal, threshold_id)
    _audit(services, principal, threshold, "threshold.remove", {"name": threshold.name})
    services.thresholds.remove(threshold.institution_id, threshold_id)
    services.wake()
    return threshold


def find_threshold(services: DoorServices, principal: Principal, threshold_id: str) -> Threshold:
    """A threshold within the principal's scope; otherwise DomainError 404."""
    for threshold in services.thresholds.thresholds(principal.institution_ids):
        if threshold.threshold_id == threshold_id:
            return threshold
    raise DomainError("error.not_found", 404)


def check_threshold(threshold: Threshold, devices: Sequence[RegisteredDevice]) -> None:
    """The rules of a threshold against the devices in scope; the first broken one raises DomainError."""
    if not threshold.name.strip():
        raise DomainError("error.name_missing")
    if not (math.isfinite(threshold.limit) and threshold.limit > 0):
        raise DomainError("error.limit_not_positive")
    if not 0 <= threshold.hysteresis < threshold.limit:
        raise DomainError("error.hysteresis_out_of_range")
    _check_range("window_s", threshold.window_s)
    _check_range("hold_s", threshold.hold_s)
    device = _device(devices, threshold, threshold.device)
    if find_point(device, threshold.point).kind != "gauge":
        raise DomainError("error.point_not_gauge", point=threshold.point)
    for action in threshold.actions:
        _check_action(action, _device(devices, threshold, action.device))


def find_point(device: RegisteredDevice, name: str) -> RegisteredPoint:
    """The point of that name; otherwise DomainError."""
    for point in device.points:
        if point.name == name:
            return point
    raise DomainError("error.point_unknown", device=device.device, point=name)


def _check_action(action: ThresholdAction, device: RegisteredDevice) -> None:
    if not find_point(device, action.point).writable:
        raise DomainError("error.point_not_writable", device=device.device, point=action.point)
    check_value(device, action.point, action.value)
    _check_range("lease_s", action.lease_s)
    _check_range("priority", action.priority)


def _check_range(name: str, value: float) -> None:
    low, high = RANGES[name]
    if not low <= value <= high:
        raise DomainError("error.out_of_range", field=name, low=low, high=high, given=value)


def _device(devices: Sequence[RegisteredDevice], threshold: Threshold, name: str) -> RegisteredDevice:
    for device in devices:
        if (device.institution_id, device.group, device.device) == (threshold.institution_id, threshold.group, name):
            return device
    raise DomainError("error.device_unknown", 404, device=name)


def _audit(
    services: DoorServices, principal: Principal, threshold: Threshold, action: str, detail: dict[str, object]
) -> None:
    services.audit.record(
        institution_id=threshold.institution_id,
        actor=principal.name,
        action=action,
        subject=f"threshold:{threshold.threshold_id}",
        detail=detail,
    )
