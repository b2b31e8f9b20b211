"""V02: an official vehicle outside the area it is meant to stay in."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule

RULE = Rule(
    rule_id="V02",
    kind="vehicle.area_left",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="党政机关公务用车管理办法",
    confidence="secondary",
    due_h=24,
)
