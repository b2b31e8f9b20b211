"""I05: a meter, sensor, actuator or tracker that does not answer. Cameras are safety's (S01)."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule, TreatmentKind

RULE = Rule(
    rule_id="I05",
    kind="information.device_lost",
    clears="information.device_back",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="GB/T 22239-2019",
    on_delay_s=600,
    off_delay_s=60,
    due_h=72,
)
