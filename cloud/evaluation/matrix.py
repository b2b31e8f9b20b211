"""The evaluation matrix: departments x dimensions, what was measured beside what people say, never averaged away.

A cell where both agree is their mean; where they differ it has no final value and is named. An overall score is hidden
when fewer than four fifths of a department's indicators could be measured, or while a conflict is open. An indicator of
which nothing happened in the period (no repair, no joint case) does not count as unmeasured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloud.evaluation.entropy import weights_of_criteria
from cloud.evaluation.indicator import NOT_APPLICABLE, Dimension, Indicator
from cloud.evaluation.score import IndicatorValue
from cloud.evaluation.survey import HumanScore

LEAST_COVERAGE = 0.8
MOST_GAP = 0.25
"""Largest difference of machine and human score that still counts as agreement."""

LEAST_RHO = 0.7
LEAST_RANKED = 4
LEAST_RANK_GAP, RANK_GAP_SHARE = 2.0, 0.2


class CellState(StrEnum):
    AGREED = "agreed"
    CONFLICT = "conflict"
    MACHINE_ONLY = "machine_only"
    HUMAN_ONLY = "human_only"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Cell:
    """Scores from 0 to 1, more is better; `coverage` is the measured share of the cell's indicators, None without any.

    `final` is provisional while only one side speaks, None in a conflict.
    """

    machine: float | None
    human: float | None
    answers: int
    coverage: float | None
    state: CellState
    final: float | None
    agreement: float | None


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One department. `overall` is None with the reason in `hidden`: `coverage`, `conflict` or `missing`."""

    department: str
    cells: Mapping[Dimension, Cell]
    machine: float | None
    human: float | None
    overall: float | None
    coverage: float
    hidden: str | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Spearman's rho between the measured and the human order of departments; those whose ranks differ widely.

    `decision` is `blend`, `arbitrate` or `too_few`.
    """

    compared: int
    rho: float | None
    decision: str
    rank_gaps: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[MatrixRow, ...]
    weights: Mapping[Dimension, float]
    agreement: Agreement


def evaluation_matrix(
    departments: Sequence[str],
    indicators: Iterable[Indicator],
    values: Iterable[IndicatorValue],
    humans: Mapping[str, Mapping[Dimension, HumanScore]],
) -> Matrix:
    """The matrix of one period; weights of the dimensions are entropy weights of the measured cells."""
    known = {(one.department, one.indicator): one for one in values}
    by_place: dict[tuple[str, Dimension], list[float | None]] = {}
    for indicator in indicators:
        value = known.get((indicator.department, indicator.indicator_id))
        if value is not None and (value.missing or "").startswith(NOT_APPLICABLE):
            continue
        place = (indicator.department, indicator.dimension)
        by_place.setdefault(place, []).append(None if value is None else value.efficacy)
    cells = {
        department: {
            dimension: _cell(by_place.get((department, dimension), []), humans.get(department, {}).get(dimension))
            for dimension in Dimension
        }
        for department in departments
    }
    weights = _weights(cells)
    rows = [_row(department, cells[department], by_place, weights) for department in departments]
    agreement = _agreement(rows)
    return Matrix(tuple(_settled(row, agreement) for row in rows), weights, agreement)


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Rank correlation with mean ranks for ties; None when one side has a single rank."""
    first, second = ranks(one), ranks(other)
    mean = (len(first) + 1) / 2
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in first) * math.fsum((y - mean) ** 2 for y in second))
    if spread == 0:
        return None
    return math.fsum((x - mean) * (y - mean) for x, y in zip(first, second, strict=True)) / spread


def ranks(values: Sequence[float]) -> list[float]:
    """1 for the highest; equal values share the mean of their ranks."""
    return [
        sum(other > value for other in values) + (sum(other == value for other in values) + 1) / 2 for value in values
    ]


def _cell(efficacies: Sequence[float | None], human: HumanScore | None) -> Cell:
    measured = [one for one in efficacies if one is not None]
    machine = math.fsum(measured) / len(measured) if measured else None
    score, answers = (None, 0) if human is None else (human.score, human.answers)
    coverage = len(measured) / len(efficacies) if efficacies else None
    if machine is None or score is None:
        only = (
            CellState.MISSING
            if machine is score
            else CellState.HUMAN_ONLY
            if machine is None
            else CellState.MACHINE_ONLY
        )
        return Cell(machine, score, answers, coverage, only, score if machine is None else machine, None)
    gap = abs(machine - score)
    if gap > MOST_GAP:
        return Cell(machine, score, answers, coverage, CellState.CONFLICT, None, 1 - gap)
    return Cell(machine, score, answers, coverage, CellState.AGREED, (machine + score) / 2, 1 - gap)


def _weights(cells: Mapping[str, Mapping[Dimension, Cell]]) -> dict[Dimension, float]:
    columns = {
        str(dimension): [one for row in cells.values() if (one := row[dimension].machine) is not None]
        for dimension in Dimension
    }
    return {Dimension(name): weight for name, weight in weights_of_criteria(columns).items()}


def _row(
    department: str,
    cells: Mapping[Dimension, Cell],
    by_place: Mapping[tuple[str, Dimension], Sequence[float | None]],
    weights: Mapping[Dimension, float],
) -> MatrixRow:
    declared = [one for (of_department, _), some in by_place.items() if of_department == department for one in some]
    coverage = sum(one is not None for one in declared) / len(declared) if declared else 0.0
    overall = _weighted({dimension: cell.final for dimension, cell in cells.items()}, weights)
    hidden = "missing" if overall is None else None
    if any(cell.state is CellState.CONFLICT for cell in cells.values()):
        hidden = "conflict"
    if coverage < LEAST_COVERAGE:
        hidden = "coverage"
    return MatrixRow(
        department=department,
        cells=cells,
        machine=_weighted({dimension: cell.machine for dimension, cell in cells.items()}, weights),
        human=_weighted({dimension: cell.human for dimension, cell in cells.items()}, weights),
        overall=None if hidden else overall,
        coverage=coverage,
        hidden=hidden,
    )


def _weighted(scores: Mapping[Dimension, float | None], weights: Mapping[Dimension, float]) -> float | None:
    """Weighted mean over the known ones; equal weights when none of them has any."""
    known = {dimension: one for dimension, one in scores.items() if one is not None}
    if not known:
        return None
    total = math.fsum(weights[dimension] for dimension in known)
    if total == 0:
        return math.fsum(known.values()) / len(known)
    return math.fsum(weights[dimension] * one for dimension, one in known.items()) / total


def _agreement(rows: Sequence[MatrixRow]) -> Agreement:
    both = [
        (row.department, row.machine, row.human) for row in rows if row.machine is not None and row.human is not None
    ]
    if len(both) < LEAST_RANKED:
        return Agreement(len(both), None, "too_few", {})
    machine, human = [one[1] for one in both], [one[2] for one in both]
    rho = spearman(machine, human)
    most = max(LEAST_RANK_GAP, RANK_GAP_SHARE * len(both))
    gaps = {
        department: measured - said
        for (department, _, _), measured, said in zip(both, ranks(machine), ranks(human), strict=True)
        if abs(measured - said) > most
    }
    return Agreement(len(both), rho, "blend" if rho is not None and rho >= LEAST_RHO else "arbitrate", gaps)


def _settled(row: MatrixRow, agreement: Agreement) -> MatrixRow:
    """Where the orders differ as a whole, the departments that cause it wait for an arbitration."""
    if agreement.decision != "arbitrate" or row.department not in agreement.rank_gaps or row.hidden:
        return row
    return MatrixRow(
        row.department, row.cells, row.machine, row.human, overall=None, coverage=row.coverage, hidden="conflict"
    )
