"""A threshold as it stands in the form, in display units, and the way to the stored one and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cloud.console.numbers import scale_of
from cloud.console.views.places import POWER, PlacedDevice, Places
from cloud.core.ports import RegisteredPoint
from cloud.core.threshold import Threshold, ThresholdAction

DEFAULT_WINDOW_S, DEFAULT_HOLD_S, DEFAULT_LEASE_S = 900.0, 60.0, 1800.0


@dataclass(slots=True)
class ActionDraft:
    """What to command: `device` is `group/id`, `value` in the point's display unit, the lease in minutes."""

    device: str = ""
    point: str = ""
    value: float | None = None
    lease_min: float | None = DEFAULT_LEASE_S / 60


@dataclass(slots=True)
class ThresholdDraft:
    """Changed by the form while a person types; None is an empty field."""

    threshold_id: str
    name: str = ""
    device: str = ""
    point: str = POWER
    limit: float | None = None
    hysteresis: float | None = 0.0
    window_s: float | None = DEFAULT_WINDOW_S
    hold_s: float | None = DEFAULT_HOLD_S
    enabled: bool = True
    automatic: bool = False
    actions: list[ActionDraft] = field(default_factory=list)


def device_key(device: PlacedDevice) -> str:
    return f"{device.group}/{device.id}"


def by_key(places: Places, key: str) -> PlacedDevice | None:
    group, _, device = key.partition("/")
    return places.device(group, device)


def gauges(device: PlacedDevice) -> list[RegisteredPoint]:
    """Points that a threshold may watch."""
    numeric = ("int", "float")
    return [point for point in device.registered.points if point.kind == "gauge" and point.datatype in numeric]


def writables(device: PlacedDevice) -> list[RegisteredPoint]:
    """Points that a command may write."""
    return [point for point in device.registered.points if point.writable]


def unit_of(places: Places, device: str, point: str) -> str:
    """Base unit of a point of the draft's device; empty when either is unknown."""
    placed = by_key(places, device)
    points = placed.registered.points if placed else ()
    return next((one.unit for one in points if one.name == point), "")


def draft_of(threshold: Threshold, places: Places) -> ThresholdDraft:
    """The stored threshold for the form; its numbers are left empty when the device, and so the unit, is unknown."""
    device = f"{threshold.group}/{threshold.device}"
    unit = unit_of(places, device, threshold.point)
    divisor = scale_of(unit).divisor
    return ThresholdDraft(
        threshold_id=threshold.threshold_id,
        name=threshold.name,
        device=device,
        point=threshold.point,
        limit=threshold.limit / divisor if unit else None,
        hysteresis=threshold.hysteresis / divisor if unit else None,
        window_s=threshold.window_s,
        hold_s=threshold.hold_s,
        enabled=threshold.enabled,
        automatic=threshold.automatic,
        actions=[_action_draft(threshold.group, action, places) for action in threshold.actions],
    )


def _action_draft(group: str, action: ThresholdAction, places: Places) -> ActionDraft:
    device = f"{group}/{action.device}"
    divisor = scale_of(unit_of(places, device, action.point)).divisor
    return ActionDraft(device, action.point, action.value / divisor, action.lease_s / 60)


def problems(draft: ThresholdDraft, places: Places) -> list[str]:
    """Codes of what is missing in the form, in the order of its fields; the rules themselves are the desk's."""
    missing = {
        "name": not draft.name.strip(),
        "device": by_key(places, draft.device) is None,
        "limit": not _is_number(draft.limit),
        "hysteresis": not _is_number(draft.hysteresis),
        "window_s": not _is_number(draft.window_s),
        "hold_s": not _is_number(draft.hold_s),
        "actions": any(_is_incomplete(action, draft, places) for action in draft.actions),
    }
    return [name for name, is_missing in missing.items() if is_missing]


def _is_incomplete(action: ActionDraft, draft: ThresholdDraft, places: Places) -> bool:
    in_compound = action.device.partition("/")[0] == draft.device.partition("/")[0]
    is_placed = by_key(places, action.device) is not None and bool(action.point)
    return not (is_placed and in_compound and _is_number(action.value) and _is_number(action.lease_min))


def threshold_of(draft: ThresholdDraft, places: Places, stored: Sequence[Threshold]) -> Threshold:
    """The threshold that a complete draft means; what the form does not show is kept from the stored one."""
    device = by_key(places, draft.device)
    if device is None or draft.limit is None or draft.hysteresis is None:
        raise ValueError("an incomplete draft")
    if draft.window_s is None or draft.hold_s is None:
        raise ValueError("an incomplete draft")
    divisor = scale_of(unit_of(places, draft.device, draft.point)).divisor
    old = next((one for one in stored if one.threshold_id == draft.threshold_id), None)
    priorities = {(one.device, one.point): one.priority for one in old.actions} if old else {}
    return Threshold(
        threshold_id=draft.threshold_id,
        institution_id=device.registered.institution_id,
        name=draft.name.strip(),
        group=device.group,
        device=device.id,
        point=draft.point,
        limit=draft.limit * divisor,
        hysteresis=draft.hysteresis * divisor,
        window_s=draft.window_s,
        hold_s=draft.hold_s,
        enabled=draft.enabled,
        automatic=draft.automatic,
        actions=tuple(_action_of(action, places, priorities) for action in draft.actions),
    )


def _action_of(draft: ActionDraft, places: Places, priorities: dict[tuple[str, str], int]) -> ThresholdAction:
    device = by_key(places, draft.device)
    if device is None or draft.value is None or draft.lease_min is None:
        raise ValueError("an incomplete draft")
    divisor = scale_of(unit_of(places, draft.device, draft.point)).divisor
    action = ThresholdAction(device.id, draft.point, draft.value * divisor, draft.lease_min * 60)
    known = priorities.get((action.device, action.point))
    return action if known is None else replace(action, priority=known)


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
