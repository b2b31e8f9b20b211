"""How the departments did in the period: measured indicators with their place between bounds; what is missing, why."""

from __future__ import annotations

from decimal import Decimal

from cloud.evaluation.score import IndicatorValue
from cloud.reporting.document import Cell, Column, Figure, Section, Table
from cloud.reporting.words import named, say
from cloud.reporting.worked import Worked

NOT_MEASURED = "report.missing.not_measured"


def evaluation_section(worked: Worked) -> Section:
    """Every indicator stored for the period."""
    scene = worked.scene
    values = scene.evaluation.indicators.values({scene.institution_id}, {str(scene.period)})
    columns = (
        Column(say("report.column.department"), weight=1.4),
        Column(say("report.column.indicator"), weight=2.2),
        Column(say("report.column.value"), "", 3),
        Column(say("report.column.efficacy"), "", 3),
    )
    rows = tuple(_row(worked, one) for one in values)
    table = Table(say("report.evaluation.indicators"), columns, rows, say("report.evaluation.none"))
    return Section("evaluation", say("report.section.evaluation"), (table,))


def _row(worked: Worked, one: IndicatorValue) -> tuple[Cell, ...]:
    return (
        worked.scene.departments.get(one.department).name,
        named("evaluation.indicator", one.indicator, ".name"),
        _figure(worked, one, "value", one.value),
        _figure(worked, one, "efficacy", one.efficacy),
    )


def _figure(worked: Worked, one: IndicatorValue, name: str, value: float | None) -> Figure:
    return Figure(
        figure_id=f"{one.department}/{one.indicator}/{name}",
        value=None if value is None else Decimal(repr(value)),
        unit="",
        period=str(worked.scene.period),
        decimals=3,
        formula=f"report.formula.indicator_{name}",
        inputs=tuple(f"{key} = {given}" for key, given in sorted(one.inputs.items())),
        missing=(one.missing or NOT_MEASURED) if value is None else None,
        remark=say("report.evaluation.clipped") if one.clipped and name == "efficacy" else None,
    )
