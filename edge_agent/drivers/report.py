"""What devices that speak by themselves say in any language: life, readings by the profile's fields, events."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from device_profiles.profile import Point
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.scaling import engineering_value, params_in_force, ratio_of
from foundation.steady_clock import is_plausible
from gateway.messages import DeviceEvent, Quality, Reading

MAX_TEXT = 120
FUTURE_LIMIT_MS = 120_000
"""A clock this far ahead is wrong: such a time is not believed."""

EARLIEST_S, LATEST_S = 946_684_800, 4_102_444_800
"""Times of this century, in epoch seconds."""

_EVENT_NAMESPACE = uuid.UUID("6c1f5f0e-3f0b-5f3c-9b52-6f3b6f0c7a11")


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says of one device; `is_alive` None means that it says nothing of its life."""

    device: str
    readings: tuple[Reading, ...] = ()
    events: tuple[DeviceEvent, ...] = ()
    is_alive: bool | None = None
    reason: str = ""


def number_of(value: Any) -> Decimal | None:
    """A whole number, truth value or Decimal as Decimal; None for everything else."""
    return Decimal(value) if isinstance(value, int | Decimal) else None


def plain_number(value: Any) -> float | None:
    """A number as an event carries it; None for what is none, a truth value included."""
    number = None if isinstance(value, bool) else number_of(value)
    return None if number is None or abs(number) > Decimal("1e18") else float(number)


def clean_text(text: str) -> str:
    """Of a sane length, without control characters and lone surrogates, which no store takes."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:MAX_TEXT])


def event_id(*parts: object) -> str:
    """The same parts give the same id, so that a repeated message is the same event."""
    return str(uuid.uuid5(_EVENT_NAMESPACE, "\n".join(clean_text(str(part)) for part in parts)))


def is_ahead(told_ms: int, now_ms: int) -> bool:
    """Whether a device's time lies too far ahead of ours to be believed; while ours was never set it is the better."""
    return is_plausible(now_ms) and told_ms > now_ms + FUTURE_LIMIT_MS


def not_ahead(told_ms: int, now_ms: int) -> int:
    """A fact must not be lost to a wrong clock: it happened at the latest when it was told."""
    return now_ms if is_ahead(told_ms, now_ms) else told_ms


def readings_of(installed: InstalledDevice, message: Mapping[str, Any], measured_ms: int) -> list[Reading]:
    """The points whose `field` the message carries (`a.b` reaches inside), in base units.

    A null is None and GOOD, what is no number is None and BAD.
    """
    readings = []
    for point in installed.profile.all_points:
        found, value = _field(message, point.field or "")
        if found:
            readings.append(_reading(installed, point, value, measured_ms))
    return readings


def _reading(installed: InstalledDevice, point: Point, value: Any, measured_ms: int) -> Reading:
    if point.datatype == "text" and isinstance(value, str):
        return Reading(point.name, clean_text(value), measured_ms)
    number = number_of(value)
    if number is None:
        return Reading(point.name, None, measured_ms, Quality.GOOD if value is None else Quality.BAD)
    ratio = ratio_of(point, params_in_force(installed.profile, installed.device.params))
    base, quality = engineering_value(point, number, ratio)
    return Reading(point.name, base, measured_ms, quality)


def _field(message: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    value: Any = message
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value
