"""How the departments did in the period: the published evaluation, and every indicator with its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cloud.evaluation.score import IndicatorValue
from cloud.reporting.document import Block, Cell, Column, Figure, FigureList, Item, Section, Table
from cloud.reporting.words import Words, named, say
from cloud.reporting.worked import Worked

NOT_MEASURED = "report.missing.not_measured"
NOT_PUBLISHED = "report.missing.not_evaluated"
METHOD = "geometric"


def evaluation_section(worked: Worked) -> Section:
    """Synergy and coupling with their terms, the scores of each department, the indicators."""
    content = _published(worked)
    blocks: tuple[Block, ...] = (_degrees(worked, content), _scores(worked, content), _indicators(worked))
    return Section("evaluation", say("report.section.evaluation"), blocks)


def _published(worked: Worked) -> Mapping[str, Any]:
    """What was published of this period; empty when nothing was."""
    scene = worked.scene
    found = scene.evaluation.evaluations.evaluations({scene.institution_id})
    return next((one.content for one in found if one.period == str(scene.period)), {})


def _degrees(worked: Worked, content: Mapping[str, Any]) -> FigureList:
    synergy = content.get("synergy", {}).get(METHOD, {})
    coupling = content.get("coupling", {}).get(METHOD, {})
    changes, degrees = synergy.get("changes", {}), coupling.get("order_degrees", {})
    band, grade = synergy.get("band"), coupling.get("grade")
    return FigureList(
        (
            Item(
                say("report.figure.synergy"),
                _degree(worked, "synergy", synergy, "degree", changes, _named("evaluation.band", band)),
            ),
            Item(
                say("report.figure.coupling"),
                _degree(worked, "coupling", coupling, "D", degrees, _named("evaluation.grade", grade)),
            ),
        )
    )


def _degree(
    worked: Worked, name: str, found: Mapping[str, Any], key: str, terms: Mapping[str, float], remark: Words | None
) -> Figure:
    value = found.get(key)
    return Figure(
        figure_id=name,
        value=None if value is None else _decimal(value),
        unit="",
        period=str(worked.scene.period),
        decimals=3,
        formula=f"report.formula.{name}",
        inputs=tuple(f"{department} = {term!r}" for department, term in sorted(terms.items())),
        missing=str(found.get("missing") or NOT_PUBLISHED) if value is None else None,
        remark=remark if value is not None else None,
    )


def _scores(worked: Worked, content: Mapping[str, Any]) -> Table:
    rows = tuple(_score(worked, row) for row in content.get("matrix", {}).get("rows", []))
    columns = (
        Column(say("report.column.department"), weight=1.6),
        Column(say("report.column.machine"), "", 3),
        Column(say("report.column.human"), "", 3),
        Column(say("report.column.overall"), "", 3),
        Column(say("report.column.covered"), "%", 1),
    )
    return Table(say("report.evaluation.scores"), columns, rows, say("report.evaluation.none"))


def _score(worked: Worked, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    department = str(row["department"])
    hidden = f"evaluation.hidden.{row.get('hidden') or 'missing'}"
    return (
        worked.scene.departments.get(department).name,
        _figure(worked, f"{department}/machine", row.get("machine"), NOT_MEASURED),
        _figure(worked, f"{department}/human", row.get("human"), "evaluation.state.machine_only"),
        _figure(worked, f"{department}/overall", row.get("overall"), hidden),
        _decimal(row["coverage"]) * 100,
    )


def _indicators(worked: Worked) -> Table:
    scene = worked.scene
    values = scene.evaluation.indicators.values({scene.institution_id}, {str(scene.period)})
    columns = (
        Column(say("report.column.department"), weight=1.4),
        Column(say("report.column.indicator"), weight=2.2),
        Column(say("report.column.value"), "", 3),
        Column(say("report.column.efficacy"), "", 3),
    )
    rows = tuple(_indicator(worked, one) for one in values)
    return Table(say("report.evaluation.indicators"), columns, rows, say("report.evaluation.none"))


def _indicator(worked: Worked, one: IndicatorValue) -> tuple[Cell, ...]:
    missing = one.missing or NOT_MEASURED
    name = f"{one.department}/{one.indicator}"
    inputs = tuple(f"{key} = {given}" for key, given in sorted(one.inputs.items()))
    clipped = say("report.evaluation.clipped") if one.clipped else None
    return (
        worked.scene.departments.get(one.department).name,
        named("evaluation.indicator", one.indicator, ".name"),
        _figure(worked, f"{name}/value", one.value, missing, inputs),
        _figure(worked, f"{name}/efficacy", one.efficacy, missing, inputs, clipped),
    )


def _figure(
    worked: Worked,
    figure_id: str,
    value: float | None,
    missing: str,
    inputs: tuple[str, ...] = (),
    remark: Words | None = None,
) -> Figure:
    return Figure(
        figure_id=figure_id,
        value=None if value is None else _decimal(value),
        unit="",
        period=str(worked.scene.period),
        decimals=3,
        formula=f"report.formula.indicator_{figure_id.rpartition('/')[2]}",
        inputs=inputs,
        missing=missing if value is None else None,
        remark=remark if value is not None else None,
    )


def _named(family: str, code: str | None) -> Words | None:
    return None if code is None else named(family, code)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))
