"""I04: an edge node without a link to the cloud; nothing is seen of all that hangs on it."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule, TreatmentKind

RULE = Rule(
    rule_id="I04",
    kind="information.node_lost",
    clears="information.node_back",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="GB/T 22239-2019",
    on_delay_s=600,
    off_delay_s=60,
    due_h=24,
)
