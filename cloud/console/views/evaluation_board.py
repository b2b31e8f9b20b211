"""A published evaluation as the page shows it: matrix, conflicts, synergy, coupling and benchmark, with every term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.core.access import Principal
from cloud.desks.door import DoorServices
from cloud.desks.evaluation import IndicatorView, evaluated_periods, read_evaluation, read_indicators
from cloud.evaluation.indicator import Dimension
from cloud.evaluation.matrix import CellState
from cloud.evaluation.order_degree import Method
from foundation.texts import Language


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Scores from 0 to 1; `final` is None in a conflict and without any score."""

    machine: float | None
    human: float | None
    answers: int
    coverage: float | None
    state: CellState
    final: float | None
    agreement: float | None

    @property
    def shown(self) -> float | None:
        """What colours the cell: the final score, else what was measured, else what people say."""
        return next((one for one in (self.final, self.machine, self.human) if one is not None), None)


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """`hidden` is why there is no overall score: `coverage`, `conflict`, `missing`; `rank_gap` when ranks differ."""

    department: str
    cells: Mapping[Dimension, MatrixCell]
    machine: float | None
    human: float | None
    overall: float | None
    coverage: float
    hidden: str | None
    rank_gap: float | None


@dataclass(frozen=True, slots=True)
class SynergyTerm:
    """Order degrees of one department in both periods, worked out from the same indicators."""

    department: str
    weight: float
    earlier: float
    later: float
    change: float
    parameters: tuple[str, ...]
    is_falling: bool
    is_stalled: bool


@dataclass(frozen=True, slots=True)
class SynergyBoard:
    """One variant; `missing` is the reason when there are too few terms, and everything else is empty then."""

    missing: str | None
    degree: float | None = None
    band: str | None = None
    weighted_degree: float | None = None
    net: float | None = None
    terms: tuple[SynergyTerm, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def theta(self) -> int:
        """-1 as soon as one department falls."""
        return -1 if any(one.is_falling for one in self.terms) else 1


@dataclass(frozen=True, slots=True)
class CouplingBoard:
    """`pairs` is D by two departments; `missing` is the reason when there are too few order degrees."""

    missing: str | None
    order_degrees: Mapping[str, float]
    coupling: float | None = None
    level: float | None = None
    coordination: float | None = None
    grade: str | None = None
    pairs: Mapping[str, Mapping[str, float]] | None = None


@dataclass(frozen=True, slots=True)
class EvaluationBoard:
    """Everything of one period. `indicators` by their id, `decision` a code of the agreement of both orders."""

    institution_id: str
    period: str
    earlier_period: str
    made_ms: int
    rows: tuple[DepartmentRow, ...]
    weights: Mapping[Dimension, float]
    rho: float | None
    compared: int
    decision: str
    synergy: Mapping[Method, SynergyBoard]
    coupling: Mapping[Method, CouplingBoard]
    benchmark: Sequence[Mapping[str, Any]]
    indicators: tuple[IndicatorView, ...]
    earlier: Mapping[str, IndicatorView]
    periods: tuple[str, ...]


def read_evaluation_board(
    services: DoorServices, principal: Principal, institution_id: str, period: str | None, language: Language
) -> EvaluationBoard | None:
    """The evaluation of a period, else the newest; None before the first. DomainError 403, 404 outside the scope."""
    periods = evaluated_periods(services, principal, institution_id)
    if not periods:
        return None
    wanted = period if period in periods else periods[0]
    found = read_evaluation(services, principal, institution_id, wanted)
    content = found.content
    indicators = read_indicators(services, principal, institution_id, wanted, language)
    earlier = read_indicators(services, principal, institution_id, content["earlier_period"], language)
    matrix = content["matrix"]
    return EvaluationBoard(
        institution_id=institution_id,
        period=wanted,
        earlier_period=content["earlier_period"],
        made_ms=found.made_ms,
        rows=tuple(_row(one, matrix["agreement"]["rank_gaps"]) for one in matrix["rows"]),
        weights={Dimension(name): weight for name, weight in matrix["weights"].items()},
        rho=matrix["agreement"]["rho"],
        compared=matrix["agreement"]["compared"],
        decision=matrix["agreement"]["decision"],
        synergy={method: _synergy(content["synergy"][method.value]) for method in Method},
        coupling={method: _coupling(content["coupling"][method.value]) for method in Method},
        benchmark=content["benchmark"],
        indicators=tuple(indicators),
        earlier={one.value.indicator: one for one in earlier},
        periods=tuple(periods),
    )


def conflicts(board: EvaluationBoard) -> list[tuple[DepartmentRow, Dimension, MatrixCell]]:
    """Cells where measured and human scores differ too much, the widest first."""
    found = [
        (row, dimension, cell)
        for row in board.rows
        for dimension, cell in row.cells.items()
        if cell.state is CellState.CONFLICT
    ]
    return sorted(found, key=lambda one: one[2].agreement if one[2].agreement is not None else 1.0)


def of_cell(board: EvaluationBoard, department: str, dimension: Dimension | None) -> list[IndicatorView]:
    """The indicators behind a cell, or all of a department."""
    return [
        one
        for one in board.indicators
        if one.value.department == department and dimension in (None, one.indicator.dimension)
    ]


def _row(content: Mapping[str, Any], rank_gaps: Mapping[str, float]) -> DepartmentRow:
    cells = {Dimension(name): MatrixCell(**{**one, "state": CellState(one["state"])})
             for name, one in content["cells"].items()}  # fmt: skip
    return DepartmentRow(
        department=content["department"],
        cells=cells,
        machine=content["machine"],
        human=content["human"],
        overall=content["overall"],
        coverage=content["coverage"],
        hidden=content["hidden"],
        rank_gap=rank_gaps.get(content["department"]),
    )


def _synergy(content: Mapping[str, Any]) -> SynergyBoard:
    if "missing" in content:
        return SynergyBoard(content["missing"])
    terms = tuple(
        SynergyTerm(
            department=name,
            weight=content["weights"][name],
            earlier=content["earlier"][name],
            later=content["later"][name],
            change=change,
            parameters=tuple(content["parameters"][name]),
            is_falling=name in content["falling"],
            is_stalled=name in content["stalled"],
        )
        for name, change in content["changes"].items()
    )
    return SynergyBoard(
        missing=None,
        degree=content["degree"],
        band=content["band"],
        weighted_degree=content["weighted_degree"],
        net=content["net"],
        terms=terms,
        left_out=tuple(content["left_out"]),
    )


def _coupling(content: Mapping[str, Any]) -> CouplingBoard:
    if "missing" in content:
        return CouplingBoard(content["missing"], content["order_degrees"])
    pairs = {one: {other: terms["D"] for other, terms in others.items()} for one, others in content["pairwise"].items()}
    return CouplingBoard(
        missing=None,
        order_degrees=content["order_degrees"],
        coupling=content["C"],
        level=content["T"],
        coordination=content["D"],
        grade=content["grade"],
        pairs=pairs,
    )
