"""G02: a request that was not answered or not finished in the time its service promises."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule

RULE = Rule(
    rule_id="G02",
    kind="general.service_overdue",
    clears="general.service_caught_up",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(),
    basis="internal",
    confidence="verified",
    due_h=24,
)
