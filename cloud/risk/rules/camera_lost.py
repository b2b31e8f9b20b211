"""S01: a camera that shows nothing: a gap in the watch."""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule, TreatmentKind

RULE = Rule(
    rule_id="S01",
    kind="safety.camera_lost",
    clears="safety.camera_back",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="公共安全视频图像信息系统管理条例（国务院令第799号）",
    confidence="secondary",
    on_delay_s=600,
    off_delay_s=60,
    due_h=24,
)
