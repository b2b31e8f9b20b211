"""Alarms and risks of the period by department, and how far each rule can be trusted.

What concerns a person is restricted and has no place in a report that many read: it is left out, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from cloud.core.event import Severity
from cloud.reporting.document import Cell, Column, Paragraph, Section, Table
from cloud.reporting.words import Words, named, say
from cloud.reporting.worked import Worked
from cloud.risk.library import load_library
from cloud.risk.precision import precision_of
from cloud.risk.risk import Risk

MOST_READ = 10_000
_COLOURS = (Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE)


def risk_section(worked: Worked) -> Section:
    """Counts by department and colour, then rules with their labels and precision."""
    blocks = (Paragraph(say("report.risk.unrestricted_only")), _counts(worked), _precision(worked))
    return Section("risk", say("report.section.risk"), blocks)


def _counts(worked: Worked) -> Table:
    scene, period = worked.scene, worked.scene.period
    alarms = Counter(
        one.department
        for one in scene.risk.alarms.alarms(
            {scene.institution_id}, start_ms=period.start_ms, end_ms=period.end_ms, limit=MOST_READ
        )
        if not one.is_restricted
    )
    risks = _risks(worked)
    opened = [one for one in risks if one.opened_ms >= period.start_ms]
    closed = [one for one in risks if one.closed_ms is not None and period.start_ms <= one.closed_ms < period.end_ms]
    rows: list[tuple[Cell, ...]] = []
    for department in [one.id for one in scene.departments.all()]:
        mine = [one for one in opened if one.department == department]
        colours = Counter(one.colour for one in mine)
        over = sum(one.department == department for one in closed)
        name = scene.departments.get(department).name
        rows.append((name, alarms[department], len(mine), *(colours[colour] for colour in _COLOURS), over))
    rows.append((say("report.total"), *_sums(rows)))
    columns = (
        Column(say("report.column.department"), weight=2),
        Column(say("report.column.alarms"), "", 0),
        Column(say("report.column.opened"), "", 0),
        *(Column(say(f"report.colour.{colour.name.lower()}"), "", 0, 0.7) for colour in _COLOURS),
        Column(say("report.column.closed"), "", 0),
    )
    return Table(say("report.risk.counts"), columns, tuple(rows), say("report.risk.none"), last_is_total=True)


def _precision(worked: Worked) -> Table:
    scene = worked.scene
    risks = {one.risk_id for one in _risks(worked)}
    restricted = {one.rule_id for one in load_library().all() if one.is_restricted}
    until_ms = min(scene.period.end_ms, scene.made_ms)
    lessons = [
        one
        for one in scene.risk.rules.lessons({scene.institution_id})
        if one.rule_id not in restricted and one.at_ms < until_ms and one.risk_id in risks
    ]
    rows: list[tuple[Cell, ...]] = []
    for rule_id in sorted({one.rule_id for one in lessons}):
        found = precision_of([one for one in lessons if one.rule_id == rule_id], until_ms)
        shares = (_percent(one) for one in (found.mean, found.low, found.high))
        rows.append((rule_id, _rule(rule_id), found.labels, *shares))
    columns = (
        Column(say("report.column.rule"), weight=0.6),
        Column(say("report.column.rule_name"), weight=2.4),
        Column(say("report.column.labels"), "", 0),
        Column(say("report.column.precision"), "%", 1),
        Column(say("report.column.low"), "%", 1),
        Column(say("report.column.high"), "%", 1),
    )
    return Table(say("report.risk.precision"), columns, tuple(rows), say("report.risk.no_label"))


def _risks(worked: Worked) -> list[Risk]:
    """Unrestricted risks opened before the end of the period."""
    scene = worked.scene
    found = scene.risk.register.risks({scene.institution_id}, end_ms=scene.period.end_ms, limit=MOST_READ)
    return [one for one in found if not one.is_restricted]


def _rule(rule_id: str) -> Words:
    return named("risk.rule", rule_id, ".name")


def _percent(share: float) -> Decimal:
    return Decimal(repr(share)) * 100


def _sums(rows: Iterable[tuple[Cell, ...]]) -> list[int]:
    """Sums of the columns of counts."""
    counts = [[cell for cell in row[1:] if isinstance(cell, int)] for row in rows]
    return [sum(column) for column in zip(*counts, strict=True)]
