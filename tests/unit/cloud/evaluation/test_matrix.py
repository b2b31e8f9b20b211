"""The matrix shows both sides and never averages a conflict away."""

from __future__ import annotations

import pytest

from cloud.core.wilson import wilson_low
from cloud.evaluation.benchmark import percentile, positions
from cloud.evaluation.indicator import Dimension, Indicator, Measured
from cloud.evaluation.matrix import CellState, Matrix, evaluation_matrix, spearman
from cloud.evaluation.order_degree import Orientation
from cloud.evaluation.reads import targets
from cloud.evaluation.score import IndicatorValue, SurveyAnswer
from cloud.evaluation.survey import HumanScore, human_scores

DEPARTMENTS = ("a", "b", "c", "d", "e")
SERVICE, GREEN = Dimension.SERVICE, Dimension.GREEN


def indicator(name: str, department: str, dimension: Dimension = SERVICE) -> Indicator:
    return Indicator(
        name, department, dimension, "1", Orientation.MORE, targets(0, 1), lambda facts, period: Measured(0.5)
    )


def value(name: str, department: str, efficacy: float | None) -> IndicatorValue:
    return IndicatorValue("office", "2026-10", department, name, efficacy, efficacy)


def matrix(machine: dict[str, float | None], human: dict[str, float]) -> Matrix:
    """One service indicator per department; five answers wherever people judged."""
    return evaluation_matrix(
        DEPARTMENTS,
        [indicator(f"i-{name}", name) for name in DEPARTMENTS],
        [value(f"i-{name}", name, one) for name, one in machine.items()],
        {name: {SERVICE: HumanScore(5, one, one)} for name, one in human.items()},
    )


def test_agreeing_sides_count_half_each() -> None:
    scores = {"a": 0.9, "b": 0.7, "c": 0.5, "d": 0.3, "e": 0.1}
    found = matrix(dict(scores), {name: one + 0.1 for name, one in scores.items()})
    assert found.agreement.decision == "blend"
    assert found.agreement.rho == pytest.approx(1)
    assert [round(row.overall or 0, 6) for row in found.rows] == [0.95, 0.75, 0.55, 0.35, 0.15]
    cell = found.rows[0].cells[SERVICE]
    assert (cell.state, cell.agreement) == (CellState.AGREED, pytest.approx(0.9))


def test_conflict_in_a_cell_hides_the_overall_score_and_shows_both() -> None:
    found = matrix({"a": 0.9}, {"a": 0.2}).rows[0]
    assert (found.cells[SERVICE].state, found.cells[SERVICE].final) == (CellState.CONFLICT, None)
    assert (found.machine, found.human, found.overall, found.hidden) == (0.9, 0.2, None, "conflict")


def test_departments_whose_ranks_differ_widely_wait_for_arbitration() -> None:
    machine: dict[str, float | None] = {"a": 0.60, "b": 0.58, "c": 0.56, "d": 0.54, "e": 0.52}
    found = matrix(machine, {"a": 0.50, "b": 0.51, "c": 0.52, "d": 0.53, "e": 0.54})
    assert found.agreement.decision == "arbitrate"
    assert found.agreement.rho == pytest.approx(-1)
    assert dict(found.agreement.rank_gaps) == {"a": -4, "e": 4}
    assert [row.hidden for row in found.rows] == ["conflict", None, None, None, "conflict"]


def test_overall_score_is_hidden_below_four_fifths_of_the_indicators() -> None:
    indicators = [indicator(f"i{number}", "a", GREEN if number else SERVICE) for number in range(5)]
    values = [value(f"i{number}", "a", 0.5) for number in range(4)]
    assert evaluation_matrix(["a"], indicators, values, {}).rows[0].overall == 0.5
    hidden = evaluation_matrix(["a"], indicators, values[1:], {}).rows[0]
    assert (hidden.overall, hidden.hidden, hidden.coverage) == (None, "coverage", 0.6)


def test_department_without_anything_has_no_score_rather_than_zero() -> None:
    found = matrix({"a": None}, {}).rows[1]
    assert (found.machine, found.human, found.overall) == (None, None, None)
    assert {cell.state for cell in found.cells.values()} == {CellState.MISSING}


def test_oracle_h4_spearman() -> None:
    machine = [0.82, 0.61, 0.74, 0.55, 0.90, 0.68, 0.71, 0.49]
    rho = spearman(machine, [80, 70, 78, 52, 85, 60, 66, 58])
    assert rho is not None
    assert round(rho, 6) == 0.904762
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert spearman([1, 2, 2, 3], [1, 2, 2, 3]) == pytest.approx(1)


def answer(by: str, scores: dict[str, int], *, counts: bool = True) -> SurveyAnswer:
    return SurveyAnswer("office", "2026-10", "energy", by, "staff", scores, 1, counts=counts)


def test_oracle_wilson_low_bound_keeps_small_samples_humble() -> None:
    assert round(wilson_low(7, 10), 4) == 0.4417
    assert wilson_low(0, 0) == 0
    assert wilson_low(70, 100) > wilson_low(7, 10)


def test_what_the_judged_say_of_themselves_does_not_count() -> None:
    answers = [answer(name, {"service": score}) for name, score in (("li", 2), ("wang", 3), ("zhao", 4))]
    found = human_scores([*answers, answer("self", {"service": 5, "green": 5}, counts=False)])
    assert found["energy"][SERVICE].score == pytest.approx(0.5)
    assert GREEN not in found["energy"]


def test_too_few_answers_are_counted_but_not_shown() -> None:
    found = human_scores([answer("li", {"service": 5, "unknown": 1}), answer("wang", {"service": 5})])
    assert found == {"energy": {SERVICE: HumanScore(2, None, None)}}


def test_percentile_needs_a_group_large_enough() -> None:
    assert percentile(5, [5.0] * 9) is None
    assert percentile(5, [1.0] * 5 + [5.0] + [9.0] * 4) == 0.55
    (nation,) = positions("energy_per_m2", 9.24, "kgce/(m2·a)", "450000")
    assert (nation.ratio, nation.percentile, nation.group_size) == (0.5, None, 0)
    assert positions("payment_days", 9, "d", "450000") == []
