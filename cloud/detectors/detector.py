"""What a detector is: rules from an event of the log, or from a newest reading, to a Finding that somebody answers for.

A module of this package exports `DETECTOR`. Rules are pure: everything they may know is in their arguments.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud.core.department import Departments
from cloud.core.event import Event, Severity
from cloud.core.ports import RegisteredDevice
from cloud.core.series import Sample

_NAMESPACE = uuid.UUID("c1f7d3e2-84f5-4d0a-9c66-2d8a1e5b7f30")


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands where: the registered devices by compound and id."""

    devices: Mapping[tuple[str, str], RegisteredDevice]

    def device_of(self, event: Event) -> RegisteredDevice | None:
        """The device that an event of ingest is about, None when no birth is known."""
        return self.devices.get((str(event.data.get("group", "")), str(event.data.get("device", ""))))

    def role_of(self, event: Event) -> str:
        """Role in the profile of the device (`camera`, `vehicle`, `meter` ...), empty when no birth is known."""
        device = self.device_of(event)
        return device.properties.get("role", "") if device is not None else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has seen. `evidence` says which fact it is: the same evidence and kind are the same event."""

    kind: str
    severity: Severity
    evidence: str
    data: Mapping[str, Any] = field(default_factory=dict)


EventRule = Callable[[Event, Scene], Finding | None]
ReadingRule = Callable[[RegisteredDevice, Sample], Finding | None]


@dataclass(frozen=True, slots=True)
class Detector:
    """Rules by the kind of event they read, and by the point whose newest reading they look at."""

    on_event: Mapping[str, EventRule] = field(default_factory=dict)
    on_reading: Mapping[str, ReadingRule] = field(default_factory=dict)


def event_of_finding(
    finding: Finding,
    departments: Departments,
    *,
    institution_id: str,
    subject: str,
    occurred_ms: int,
    now_ms: int,
    is_late: bool,
) -> Event:
    """The finding as an event of the department that answers for its kind."""
    return Event(
        event_id=str(uuid.uuid5(_NAMESPACE, f"{finding.kind}/{finding.evidence}")),
        institution_id=institution_id,
        kind=finding.kind,
        department=departments.answering(finding.kind),
        severity=finding.severity,
        subject=subject,
        occurred_ms=occurred_ms,
        received_ms=now_ms,
        is_late=is_late,
        data=finding.data,
    )
