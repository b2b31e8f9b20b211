"""Rules for tests of the risk centre, and the events that open and end their conditions."""

from __future__ import annotations

from itertools import count
from typing import Any

from cloud.core.event import Event, Severity
from cloud.risk.library import Library
from cloud.risk.rule import Examine, Playbook, Rule, TreatmentKind

NOW_MS = 1_790_000_000_000
_numbers = count(1)


def a_rule(rule_id: str = "T01", **changes: Any) -> Rule:
    """A water alarm of real estate: the pump says when it runs dry and when it is well again."""
    values: dict[str, Any] = {
        "rule_id": rule_id,
        "kind": "real_estate.pump_dry",
        "clears": "real_estate.pump_well",
        "severity": Severity.ORANGE,
        "consequence": 3,
        "playbook": Playbook(),
        "basis": "test",
    }
    return Rule(**{**values, **changes})


def examined(rule_id: str, kind: str, examine: Examine, **changes: Any) -> Rule:
    return a_rule(rule_id, kind=kind, clears=None, examine=examine, **changes)


def an_event(kind: str, at_ms: int = NOW_MS, **changes: Any) -> Event:
    """An event of a pump of the office, told when it happens."""
    values: dict[str, Any] = {
        "event_id": f"event-{next(_numbers)}",
        "institution_id": "office",
        "kind": kind,
        "department": kind.partition(".")[0],
        "severity": Severity.YELLOW,
        "subject": "device:pump-1",
        "occurred_ms": at_ms,
        "received_ms": at_ms,
    }
    return Event(**{**values, **changes})


PUMP = a_rule(playbook=Playbook(TreatmentKind.REQUEST, service="repair"))
FIRE = a_rule("T02", kind="safety.smoke", clears="safety.smoke_gone", severity=Severity.RED, consequence=5)
SPEED = a_rule("T03", kind="vehicle.fast", clears=None, severity=Severity.YELLOW, consequence=2)
TRIP = a_rule("T04", kind="vehicle.trip", clears="vehicle.trip_over", is_restricted=True)
LIMIT = a_rule(
    "T05",
    kind="energy.threshold_breach",
    clears="energy.threshold_cleared",
    severity=Severity.YELLOW,
    playbook=Playbook(TreatmentKind.SET_POINT),
)
LIBRARY = Library([PUMP, FIRE, SPEED, TRIP, LIMIT])
