"""The open alarms that somebody may see, each with the facts it was raised from, and how many come in a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud.core.access import Principal
from cloud.core.event import LoggedEvent
from cloud.desks.alarms import alarms_for, is_shelvable
from cloud.desks.door import DoorServices
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.library import load_library

DAY_MS = 86_400_000
ACCEPTABLE_PER_HOUR = 6.0
"""What one operator can answer for: about six alarms an hour, 144 a day (EEMUA 191, ISA-18.2)."""

NEWEST_EVENTS = 3
ORDER = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.ACKNOWLEDGED, AlarmState.SHELVED)


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm with the facts of the newest event that says its condition holds; none when the log has lost it."""

    alarm: Alarm
    data: Mapping[str, Any] = field(default_factory=dict)
    is_shelvable: bool = False


def read_open_alarms(services: DoorServices, principal: Principal) -> tuple[AlarmLine, ...]:
    """The worst first, among equals those that wait for an answer; raises DomainError 403."""
    alarms = alarms_for(services, principal, principal.institution_ids, only_open=True)
    wanted = {event_id for one in alarms for event_id in newest_ids(one)}
    events = {one.event.event_id: one for one in services.event_log.find(wanted)}
    lines = [
        AlarmLine(one, facts_of(one, (events[name] for name in newest_ids(one) if name in events)), is_shelvable(one))
        for one in alarms
    ]
    return tuple(sorted(lines, key=_urgency))


def newest_ids(alarm: Alarm) -> tuple[str, ...]:
    """The first event and the newest: among them is the last one that told that the condition holds."""
    return tuple(dict.fromkeys((*alarm.event_ids[:1], *alarm.event_ids[-NEWEST_EVENTS:])))


def facts_of(alarm: Alarm, events: Iterable[LoggedEvent]) -> Mapping[str, Any]:
    """Facts of the newest of these events that the alarm's rule was opened by."""
    rule = load_library().get(alarm.rule_id)
    holding = [one for one in events if rule is not None and one.event.kind == rule.kind]
    return max(holding, key=lambda one: one.position).event.data if holding else {}


def raised_in_last_day(services: DoorServices, principal: Principal) -> int:
    """How many alarms were announced to people within the last 24 hours."""
    since_ms = services.clock.now_ms() - DAY_MS
    alarms = alarms_for(services, principal, principal.institution_ids, limit=10_000)
    return sum(one.announced_ms is not None and one.announced_ms >= since_ms for one in alarms)


def _urgency(line: AlarmLine) -> tuple[int, int, int]:
    alarm = line.alarm
    return -alarm.severity, ORDER.index(alarm.state) if alarm.state in ORDER else len(ORDER), -alarm.opened_ms
