"""V10: an official vehicle faster than it may be."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule

RULE = Rule(
    rule_id="V10",
    kind="vehicle.speeding",
    severity=Severity.YELLOW,
    consequence=3,
    playbook=Playbook(),
    basis="道路交通安全法实施条例",
)
