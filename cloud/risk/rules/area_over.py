"""R01: an office larger than the standard allows those who use it."""

from __future__ import annotations

from collections.abc import Iterator

from cloud.core.event import Severity
from cloud.risk.record_reads import number, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

AREA_PER_PERSON_M2 = {
    "county_head": 30.0,
    "county_deputy": 24.0,
    "section_head": 18.0,
    "section_deputy": 12.0,
    "below": 9.0,
}
"""Use area per person of county organs: 党政机关办公用房建设标准, 发改投资〔2014〕2674号 (secondary sources)."""

TOLERANCE = 1.05
"""Rule R01 leaves a twentieth for walls that stand where they stand."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per office; without grade or persons nothing is known of what it may have."""
    for room in rows(evidence, "room"):
        area, persons = number(room, "area_m2"), number(room, "persons")
        per_person = AREA_PER_PERSON_M2.get(text(room, "grade"))
        if text(room, "use") != "office" or not area or not persons or per_person is None or text(room, "approval"):
            continue
        allowed = persons * per_person
        if area > allowed * TOLERANCE:
            data = {
                "area_m2": round(area, 1),
                "allowed_m2": round(allowed, 1),
                "persons": round(persons),
                "over_percent": round(100 * (area / allowed - 1)),
            }
            yield Sighting(room.subject, f"{area:g}/{allowed:g}", evidence.now_ms, data)


RULE = Rule(
    rule_id="R01",
    kind="real_estate.area_over",
    severity=Severity.ORANGE,
    consequence=3,
    playbook=Playbook(),
    basis="党政机关办公用房建设标准（2014）",
    confidence="secondary",
    examine=examine,
    due_h=720,
    is_restricted=True,
)
