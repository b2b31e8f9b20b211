"""Interlocks between devices, as the site file gives them; those within one device stand in its profile."""

from __future__ import annotations

from collections.abc import Callable

from device_profiles.identifiers import Id, PointName
from device_profiles.interlock import Interlock
from device_profiles.profile import Profile


class SiteInterlock(Interlock):
    """`point` of `device` may be written so only while `needs` of the device `of` is in range."""

    device: Id
    point: PointName
    of: Id


def interlock_mistake(rule: SiteInterlock, profile_of: Callable[[str], Profile | None]) -> str | None:
    """What is wrong with the names of a rule: devices and points must exist, and `point` must be writable."""
    written, needed = profile_of(rule.device), profile_of(rule.of)
    if written is None or needed is None:
        return f"unknown device {rule.device if written is None else rule.of}"
    if written.writable_point(rule.point) is None:
        return f"{rule.point} is no writable point of {rule.device}"
    if all(point.name != rule.needs for point in needed.all_points):
        return f"{rule.of} has no point {rule.needs}"
    return None
