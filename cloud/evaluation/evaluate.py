"""Composes the evaluation of a period: matrix, synergy, coupling and benchmark, with every term that led to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cloud.core.institution import Institution
from cloud.core.period import Period
from cloud.evaluation.benchmark import positions
from cloud.evaluation.coupling import Coupling, coupling, pairwise_coupling
from cloud.evaluation.indicator import Indicator
from cloud.evaluation.matrix import Matrix, evaluation_matrix
from cloud.evaluation.order_degree import Method, order_degree
from cloud.evaluation.score import Evaluation, IndicatorValue, SurveyAnswer
from cloud.evaluation.survey import human_scores
from cloud.evaluation.synergy import synergy

SCHEMA = "xietong.evaluation/1"
TOO_FEW_DEPARTMENTS = "evaluation.missing.too_few_departments"
NO_EARLIER_PERIOD = "evaluation.missing.no_earlier_period"

Efficacies = Mapping[str, Mapping[str, float]]
"""Department -> indicator -> efficacy."""


@dataclass(frozen=True, slots=True)
class Material:
    """All that an evaluation is made of. `group` are peers' values by indicator, `departments` the order of rows."""

    institution: Institution
    period: Period
    departments: Sequence[str]
    indicators: Mapping[str, Indicator]
    values: Sequence[IndicatorValue]
    earlier_values: Sequence[IndicatorValue]
    answers: Sequence[SurveyAnswer]
    group: Mapping[str, Sequence[float]]


def evaluate(material: Material, now_ms: int) -> Evaluation:
    """The evaluation as it is published."""
    now, before = efficacies_of(material.values), efficacies_of(material.earlier_values)
    humans = human_scores(material.answers)
    matrix = evaluation_matrix(material.departments, material.indicators.values(), material.values, humans)
    content = {
        "schema": SCHEMA,
        "period": str(material.period),
        "earlier_period": str(material.period.previous),
        "bounds_versions": sorted({one.bounds.version for one in material.indicators.values()}),
        "indicators": [_indicator(one, material) for one in material.values],
        "matrix": _matrix(matrix),
        "synergy": {method.value: _synergy(now, before, method) for method in Method},
        "coupling": {method.value: _coupling(now, method) for method in Method},
        "benchmark": _benchmark(material),
    }
    return Evaluation(material.institution.institution_id, str(material.period), now_ms, content)


def efficacies_of(values: Sequence[IndicatorValue]) -> dict[str, dict[str, float]]:
    """The measured ones."""
    found: dict[str, dict[str, float]] = {}
    for one in values:
        if one.efficacy is not None:
            found.setdefault(one.department, {})[one.indicator] = one.efficacy
    return found


def _synergy(now: Efficacies, before: Efficacies, method: Method) -> dict[str, Any]:
    """Only indicators measured in both periods: a newly measured one must not look like progress."""
    common = {name: sorted(set(now[name]) & set(before[name])) for name in now if name in before}
    terms = {name: shared for name, shared in common.items() if shared}
    if len(terms) < 2:
        return {"missing": TOO_FEW_DEPARTMENTS if before else NO_EARLIER_PERIOD, "parameters": terms}
    earlier = {name: order_degree([before[name][one] for one in shared], method) for name, shared in terms.items()}
    later = {name: order_degree([now[name][one] for one in shared], method) for name, shared in terms.items()}
    found = synergy(earlier, later)
    return {
        "degree": found.degree,
        "band": found.band,
        "weighted_degree": found.weighted_degree,
        "net": found.net,
        "parameters": terms,
        "weights": {name: 1 / len(terms) for name in terms},
        "earlier": earlier,
        "later": later,
        "changes": dict(found.changes),
        "falling": list(found.falling),
        "stalled": list(found.stalled),
        "left_out": sorted((set(now) | set(before)) - set(terms)),
    }


def _coupling(now: Efficacies, method: Method) -> dict[str, Any]:
    degrees = {name: order_degree(list(some.values()), method) for name, some in sorted(now.items())}
    if len(degrees) < 2:
        return {"missing": TOO_FEW_DEPARTMENTS, "order_degrees": degrees}
    return {
        "order_degrees": degrees,
        "weights": {name: 1 / len(degrees) for name in degrees},
        **_terms(coupling(degrees)),
        "pairwise": {
            one: {other: _terms(found) for other, found in others.items()}
            for one, others in pairwise_coupling(degrees).items()
        },
    }


def _terms(found: Coupling) -> dict[str, Any]:
    return {"C": found.coupling, "T": found.level, "D": found.coordination, "grade": found.grade}


def _matrix(matrix: Matrix) -> dict[str, Any]:
    return {
        "weights": {str(dimension): weight for dimension, weight in matrix.weights.items()},
        "weighting": "entropy",
        "agreement": asdict(matrix.agreement),
        "rows": [
            {
                "department": row.department,
                "cells": {str(dimension): asdict(cell) for dimension, cell in row.cells.items()},
                "machine": row.machine,
                "human": row.human,
                "overall": row.overall,
                "coverage": row.coverage,
                "hidden": row.hidden,
            }
            for row in matrix.rows
        ],
    }


def _indicator(value: IndicatorValue, material: Material) -> dict[str, Any]:
    indicator = material.indicators[value.indicator]
    earlier = next((one for one in material.earlier_values if one.indicator == value.indicator), None)
    return {
        "department": value.department,
        "indicator": value.indicator,
        "dimension": str(indicator.dimension),
        "unit": indicator.unit,
        "orientation": str(indicator.orientation),
        "bounds": asdict(indicator.bounds),
        "value": value.value,
        "efficacy": value.efficacy,
        "clipped": value.clipped,
        "missing": value.missing,
        "earlier_value": None if earlier is None else earlier.value,
        "earlier_efficacy": None if earlier is None else earlier.efficacy,
    }


def _benchmark(material: Material) -> list[dict[str, Any]]:
    found = []
    for value in material.values:
        if value.value is None:
            continue
        unit, region = material.indicators[value.indicator].unit, material.institution.region
        for one in positions(value.indicator, value.value, unit, region, material.group.get(value.indicator, ())):
            peer = one.average
            found.append(
                {
                    "indicator": one.indicator,
                    "value": one.value,
                    "unit": one.unit,
                    "factor_set_id": value.inputs.get("factor_set_id"),
                    "region": peer.region,
                    "group": peer.group,
                    "year": peer.year,
                    "average": float(peer.value),
                    "ratio": one.ratio,
                    "group_size": one.group_size,
                    "percentile": one.percentile,
                    "source": peer.source,
                    "confidence": peer.confidence,
                    "is_context": True,
                }
            )
    return found
