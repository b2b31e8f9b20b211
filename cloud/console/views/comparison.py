"""A device's values for the eyes of somebody who stands before its display: in display units, with what looks wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cloud.console.numbers import scale_of
from cloud.console.views.device_values import DeviceValues, PointValue
from cloud.core.command_record import CommandRecord
from cloud.desks.commissioning import installed_params
from cloud.desks.door import DoorServices
from device_profiles.plausibility import Finding, findings, phase_values
from gateway.messages import SETTINGS

AGREES, NEARLY = 0.02, 0.05
"""Largest relative deviation that counts as the same (class 1 meters, read some seconds apart), and as nearly so."""
Verdict = Literal["good", "yellow", "bad"]
ORDERS = 8


@dataclass(frozen=True, slots=True)
class Comparable:
    """A point that a display shows, too: its newest value in `unit`, None when there is none that holds."""

    point: str
    unit: str
    ours: float | None
    measured_ms: int | None


@dataclass(frozen=True, slots=True)
class Commissioning:
    """What the page shows: values, suspicions, the newest orders about settings, the ratios in force."""

    comparables: tuple[Comparable, ...]
    findings: tuple[Finding, ...]
    orders: tuple[CommandRecord, ...]
    params: Mapping[str, str]


def read_commissioning(services: DoorServices, values: DeviceValues) -> Commissioning:
    """Everything at once; blocks on the ports."""
    device = values.device.registered
    params = installed_params(device)
    orders = [
        record
        for record in services.commands.recent([device.institution_id], limit=200)
        if (record.request.group, record.request.device, record.request.point)
        == (device.group, device.device, SETTINGS)
    ]
    ratio = float(params["ct"]) if "ct" in params else None
    return Commissioning(comparables(values.values), suspicions(values.values, ratio), tuple(orders[:ORDERS]), params)


def comparables(values: Sequence[PointValue]) -> tuple[Comparable, ...]:
    """The measured numbers, in the order of the birth."""
    return tuple(
        Comparable(
            one.point.name,
            scale_of(one.point.unit).unit,
            _display_value(one),
            one.sample.measured_ms if one.sample else None,
        )
        for one in values
        if one.point.kind in ("gauge", "counter") and one.point.datatype in ("int", "float") and not one.point.writable
    )


def suspicions(values: Sequence[PointValue], ct: float | None) -> tuple[Finding, ...]:
    """Wiring faults that the newest values tell of; old values tell nothing."""
    fresh = {one.point.name: one.sample.value for one in values if one.sample is not None and not one.is_stale}
    return tuple(findings(phase_values(fresh, ct)))


def verdict(deviation: float) -> Verdict:
    """How a deviation (1 = 100 %) is to be taken."""
    if abs(deviation) <= AGREES:
        return "good"
    return "yellow" if abs(deviation) <= NEARLY else "bad"


def _display_value(one: PointValue) -> float | None:
    value = one.sample.value if one.sample and not one.is_stale else None
    if value is None or isinstance(value, str | bool):
        return None
    return value / scale_of(one.point.unit).divisor
