"""From what a rule sees to events: what begins, what is over, and what has been told before.

The memory of the last examination is kept between rounds, so that a condition which is no longer seen can end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud.core.event import Event, Severity
from cloud.risk.alarm_life import clearing_kind
from cloud.risk.rule import Rule, Sighting

ENDED_REMEMBERED = 2_000

_NAMESPACE = uuid.UUID("f2a5d7c0-3b64-4a8f-9f0d-5a1c7be3d901")


@dataclass(frozen=True, slots=True)
class Examined:
    """What a rule last saw at one institution: event ids by subject and evidence, and how often a sighting ended."""

    active: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Any) -> Examined:
        """From the form in which it is kept; nothing is known when there is none."""
        return cls(value["active"], value["ended"]) if isinstance(value, Mapping) else cls()

    def written(self) -> dict[str, Any]:
        newest = list(self.ended.items())[-ENDED_REMEMBERED:]
        return {"active": {subject: dict(seen) for subject, seen in self.active.items()}, "ended": dict(newest)}

    def event_ids(self) -> list[str]:
        """The events of everything that holds."""
        return [event_id for seen in self.active.values() for event_id in seen.values()]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is examined, who answers for what it finds, and when."""

    institution_id: str
    department: str
    now_ms: int


def memory_name(rule: Rule) -> str:
    """The name of the setting that keeps the memory of a rule."""
    return f"risk.examined.{rule.rule_id}"


def compare(memory: Examined, rule: Rule, sightings: Iterable[Sighting], place: Place) -> tuple[list[Event], Examined]:
    """The events to log and the memory to keep afterwards. The same memory and sightings give the same event ids."""
    ended = dict(memory.ended)
    seen: dict[str, dict[str, str]] = {}
    events = []
    for sighting in sightings:
        known = memory.active.get(sighting.subject, {}).get(sighting.evidence)
        if known is None and sighting.evidence not in seen.get(sighting.subject, {}):
            event = _begins(rule, sighting, ended.get(_occasion(sighting.subject, sighting.evidence), 0), place)
            events.append(event)
            known = event.event_id
        if known is not None:
            seen.setdefault(sighting.subject, {})[sighting.evidence] = known
    for subject, before in memory.active.items():
        for evidence in before.keys() - seen.get(subject, {}).keys():
            occasion = _occasion(subject, evidence)
            ended[occasion] = ended.pop(occasion, 0) + 1
        if subject not in seen:
            events.append(_ends(rule, subject, before, place))
    return events, Examined(seen, ended)


def _occasion(subject: str, evidence: str) -> str:
    return f"{subject}\n{evidence}"


def _begins(rule: Rule, sighting: Sighting, turn: int, place: Place) -> Event:
    name = f"{place.institution_id}/{rule.kind}/{sighting.subject}/{sighting.evidence}/{turn}"
    severity = rule.severity if sighting.severity is None else sighting.severity
    occurred_ms = min(sighting.occurred_ms, place.now_ms)
    return _event(rule, rule.kind, name, severity, sighting.subject, occurred_ms, place, sighting.data)


def _ends(rule: Rule, subject: str, before: Mapping[str, str], place: Place) -> Event:
    kind = clearing_kind(rule) or rule.kind
    name = f"{kind}/{'/'.join(sorted(before.values()))}"
    return _event(rule, kind, name, Severity.INFO, subject, place.now_ms, place, {})


def _event(
    rule: Rule,
    kind: str,
    name: str,
    severity: Severity,
    subject: str,
    occurred_ms: int,
    place: Place,
    data: Mapping[str, Any],
) -> Event:
    return Event(
        event_id=str(uuid.uuid5(_NAMESPACE, name)),
        institution_id=place.institution_id,
        kind=kind,
        department=place.department,
        severity=severity,
        subject=subject,
        occurred_ms=occurred_ms,
        received_ms=place.now_ms,
        is_restricted=rule.is_restricted,
        data={**data, "rule_id": rule.rule_id},
    )
