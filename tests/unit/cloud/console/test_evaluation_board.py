"""A published evaluation read for the page: every term of it, conflicts in order, indicators in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.console.components.evaluation.score_matrix import ground
from cloud.console.indicator_words import input_rows, value_words
from cloud.console.session import Viewer
from cloud.console.views.evaluation_board import EvaluationBoard, conflicts, of_cell, read_evaluation_board
from cloud.core.access import Principal, Role
from cloud.evaluation.indicator import Dimension, load_indicators
from cloud.evaluation.order_degree import Method
from cloud.evaluation.score import SurveyAnswer
from cloud.jobs.evaluate import Evaluate
from cloud.jobs.job import JobTools
from device_profiles.catalogue import load_catalogue
from foundation.errors import DomainError
from foundation.texts import load_texts
from tests.support.cloud_world import World
from tests.support.report_world import AUDITOR, report_world


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with report_world(tmp_path_factory.mktemp("office")) as world:
        services = world.services
        for by in ("li", "wang", "zhao"):
            scores = {"green": 5, "efficiency": 5}
            services.evaluation.surveys.save(SurveyAnswer("office", "2026-08", "energy", by, "staff", scores, 1))
        other = replace(AUDITOR, institution_ids=frozenset({"school"}))
        assert read_evaluation_board(services, other, "school", None, "en") is None
        Evaluate(JobTools(services, services.departments, load_catalogue())).run()
        yield world


@pytest.fixture(scope="module")
def board(office: World) -> EvaluationBoard:
    found = read_evaluation_board(office.services, AUDITOR, "office", None, "en")
    assert found is not None
    return found


def test_the_newest_period_is_read_with_all_departments(board: EvaluationBoard, office: World) -> None:
    assert (board.period, board.earlier_period) == ("2026-08", "2026-07")
    assert {row.department for row in board.rows} == {one.id for one in office.services.departments.all()}
    assert set(board.rows[0].cells) == set(Dimension)
    assert sum(board.weights.values()) == pytest.approx(1.0)


def test_conflicts_come_widest_first_and_open_to_their_indicators(board: EvaluationBoard) -> None:
    found = conflicts(board)
    assert ("energy", Dimension.GREEN) in [(row.department, dimension) for row, dimension, _ in found]
    gaps = [cell.agreement for _, _, cell in found]
    assert gaps == sorted(gaps, key=lambda one: one if one is not None else 1.0)
    assert {one.value.indicator for one in of_cell(board, "energy", Dimension.GREEN)} == {
        "energy_per_m2",
        "energy_per_person",
    }


def test_each_term_of_synergy_is_later_minus_earlier(board: EvaluationBoard) -> None:
    for method in Method:
        found = board.synergy[method]
        if found.missing is None:
            for term in found.terms:
                assert term.change == pytest.approx(term.later - term.earlier)
            assert found.theta == (-1 if any(one.change < 0 for one in found.terms) else 1)
        else:
            assert found.missing in load_texts()


def test_the_evaluation_of_another_house_is_not_there_and_not_for_everybody(office: World) -> None:
    nobody = replace(AUDITOR, institution_ids=frozenset({"school"}))
    with pytest.raises(DomainError) as hidden:
        read_evaluation_board(office.services, nobody, "office", None, "en")
    assert hidden.value.status == 404
    with pytest.raises(DomainError) as forbidden:
        read_evaluation_board(
            office.services, Principal("p", frozenset({Role.STAFF}), frozenset({"office"})), "office", None, "en"
        )
    assert forbidden.value.status == 403


def test_every_measured_input_has_a_name_in_both_languages(board: EvaluationBoard) -> None:
    texts = load_texts()
    names = {name for one in board.indicators for name in one.value.inputs}
    assert {name for name in names if f"evaluation.input.{name}" not in texts} == set()


def test_values_and_inputs_read_as_people_write_them(viewer: Viewer) -> None:
    indicators = load_indicators()
    assert value_words(0.9876, indicators["count_match"], viewer) == "98.8 %"
    assert value_words(0.0118, indicators["handling_hours"], viewer) == "0.01 h"
    assert value_words(13.5, indicators["payment_days"], viewer) == "13.5 days"
    assert value_words(None, indicators["payment_days"], viewer) == "—"
    rows = dict(input_rows({"sources": {"gas": "bill"}, "kgce": 22378.94, "persons": 760, "made_up": True}, viewer))
    assert rows == {"sources": "Natural gas Bill", "energy kgce": "22,378.94", "persons": "760", "made_up": "True"}


def test_the_ground_of_a_cell_goes_from_red_over_pale_to_green() -> None:
    assert ground(None) == "transparent"
    assert ground(0.0).startswith("rgba(197")
    assert ground(1.0).startswith("rgba(29")
    assert ground(0.5).endswith("0.050)")
