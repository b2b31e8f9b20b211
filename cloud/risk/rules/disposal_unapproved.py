"""A04: assets written off without an approval."""

from __future__ import annotations

from collections.abc import Iterator

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.core.institution import Subject, SubjectKind
from cloud.risk.occurrence import fingerprint, listed
from cloud.risk.record_reads import by_field, rows, text, yuan
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per department with all its disposals that name no approval."""
    gone = [
        asset
        for asset in rows(evidence, "asset")
        if text(asset, "state") == "disposed" and not text(asset, "disposal_approval")
    ]
    for department, assets in by_field(gone, "department").items():
        names = [text(asset, "asset") for asset in assets]
        data = {
            "count": len(assets),
            "assets": listed(names),
            "value_yuan": round(sum(yuan(asset, "value") or 0.0 for asset in assets)),
        }
        subject = str(Subject(SubjectKind.DEPARTMENT, department))
        yield Sighting(subject, fingerprint(names), day_start_ms(local_day(evidence.now_ms)), data)


RULE = Rule(
    rule_id="A04",
    kind="asset.disposal_unapproved",
    severity=Severity.ORANGE,
    consequence=4,
    playbook=Playbook(),
    basis="行政事业性国有资产管理条例",
    confidence="secondary",
    examine=examine,
    due_h=168,
)
