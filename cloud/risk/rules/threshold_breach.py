"""E10: a load above the limit that an officer has set."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule, TreatmentKind

RULE = Rule(
    rule_id="E10",
    kind="energy.threshold_breach",
    clears="energy.threshold_cleared",
    severity=Severity.YELLOW,
    consequence=2,
    # The threshold's own actions are reversible set-points and have been given already.
    playbook=Playbook(TreatmentKind.SET_POINT),
    basis="公共机构节能条例",
    off_delay_s=120,
    due_h=24,
)
