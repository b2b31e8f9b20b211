"""S02: a person where nobody should be, or when nobody should be there.

The risk and what becomes of it concern a person. The event itself names a camera and a zone only and stays visible
to those who watch.
"""

from __future__ import annotations

from cloud.core.event import Severity
from cloud.risk.rule import Playbook, Rule

RULE = Rule(
    rule_id="S02",
    kind="safety.intrusion",
    severity=Severity.RED,
    consequence=4,
    # Guards go and look; the system touches no door.
    playbook=Playbook(),
    basis="企业事业单位内部治安保卫条例",
    due_h=4,
    is_restricted=True,
)
