"""Who may read the evaluation and answer its survey, and what becomes of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.api.app import create_api
from cloud.core.access import Principal, Role
from cloud.desks.evaluation import answer_survey, read_evaluation, read_indicators, survey_form
from cloud.evaluation.score import Evaluation, IndicatorValue
from foundation.errors import DomainError, LinkError
from tests.support.cloud_world import World, cloud_world

STAFF = Principal("li", frozenset({Role.STAFF}), frozenset({"office"}), "finance")
HEAD = Principal("wang", frozenset({Role.DEPARTMENT_HEAD}), frozenset({"office"}), "energy")
VALUE = IndicatorValue(
    "office", "2026-08", "safety", "equipment_in_date", 0.5, 0.0, inputs={"equipment": 2, "overdue": 1}, measured_ms=1
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        evaluation = made.services.evaluation
        evaluation.evaluations.save(Evaluation("office", "2026-08", 1, {"schema": "xietong.evaluation/1"}))
        evaluation.indicators.save([VALUE, replace(VALUE, indicator="handling_hours", value=None, efficacy=None,
                                                   missing="evaluation.not_applicable.none_handled")])  # fmt: skip
        yield made


def test_indicator_opens_to_its_inputs_and_one_sentence(world: World) -> None:
    english, reason = read_indicators(world.services, HEAD, "office", "2026-08", "en")
    assert english.name == "Equipment with inspection in date"
    assert english.explanation == "1 of 2 pieces of equipment overdue for inspection: 50.0 % in date"
    assert reason.explanation == "no risk was handled in this period"
    chinese = read_indicators(world.services, HEAD, None)[0]
    assert chinese.explanation == "2 台设备中 1 台检验逾期，按期率 50.0 %"


def test_answer_is_booked_audited_without_its_scores_and_replaced(world: World) -> None:
    services = world.services
    answer = answer_survey(services, STAFF, "office", "safety", {"safety": 4, "service": 5}, " 好 ")
    assert (answer.period, answer.counts, answer.comment) == ("2026-08", True, "好")
    assert answer_survey(services, STAFF, None, "safety", {"safety": 2}).scores == {"safety": 2}
    assert [one.scores for one in services.evaluation.surveys.answers({"office"})] == [{"safety": 2}]
    entry = services.audit.recent({"office"})[0]
    assert (entry.action, entry.subject) == ("survey.answer", "department:safety")
    assert "scores" not in entry.detail
    assert len(world.wakes) == 2
    form = survey_form(services, STAFF, None)
    assert (form.period, form.given, len(form.departments)) == ("2026-08", {"safety": {"safety": 2}}, 8)


def test_what_a_department_says_of_itself_is_kept_but_does_not_count(world: World) -> None:
    assert not answer_survey(world.services, HEAD, None, "energy", {"green": 5}).counts
    assert answer_survey(world.services, HEAD, None, "finance", {"economy": 5}).counts


@pytest.mark.parametrize(
    ("scores", "comment", "code"),
    [
        ({}, "", "error.scores_missing"),
        ({"service": 6}, "", "error.out_of_range"),
        ({"service": 0}, "", "error.out_of_range"),
        ({"service": True}, "", "error.out_of_range"),
        ({"beauty": 3}, "", "error.dimension_unknown"),
        ({"service": 3}, "x" * 501, "error.comment_too_long"),
    ],
)
def test_answer_that_is_not_on_the_form_is_refused(
    world: World, scores: dict[str, Any], comment: str, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        answer_survey(world.services, STAFF, None, "safety", scores, comment)
    assert refusal.value.code == code
    assert world.services.evaluation.surveys.answers({"office"}) == []


def test_desk_refuses_whoever_may_not(world: World) -> None:
    services = world.services
    superior = Principal("city", frozenset({Role.SUPERIOR}), frozenset({"office"}))
    abroad = replace(HEAD, institution_ids=frozenset({"school"}))
    for act, status in (
        (lambda: read_evaluation(services, STAFF, None), 403),
        (lambda: read_indicators(services, STAFF, None), 403),
        (lambda: answer_survey(services, superior, None, "safety", {"safety": 3}), 403),
        (lambda: survey_form(services, superior, None), 403),
        (lambda: read_evaluation(services, abroad, "office"), 404),
        (lambda: read_evaluation(services, HEAD, None, "2026-07"), 404),
        (lambda: answer_survey(services, STAFF, "school", "safety", {"safety": 3}), 404),
        (lambda: answer_survey(services, STAFF, None, "kitchen", {"safety": 3}), 404),
        (lambda: read_evaluation(services, HEAD, None, "yesterday"), 422),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.status == status
    assert read_evaluation(services, superior, None).period == "2026-08"


def test_answer_without_an_audit_row_is_impossible(world: World) -> None:
    class FullTrail:
        def record(self, **_: Any) -> None:
            raise LinkError("disk full")

        def recent(self, *_: Any, **__: Any) -> list[Any]:
            return []

    services = replace(world.services, audit=FullTrail())
    with pytest.raises(LinkError):
        answer_survey(services, STAFF, None, "safety", {"safety": 3})
    assert services.evaluation.surveys.answers({"office"}) == []


async def test_doors_speak_the_language_asked_for(world: World) -> None:
    transport = httpx.ASGITransport(create_api(world.services))
    async with httpx.AsyncClient(transport=transport, base_url="http://cloud.test/api/v1") as client:
        headers = {"Authorization": f"Bearer {world.token(Role.STAFF)}"}
        form = (await client.get("/surveys/form", params={"language": "en"}, headers=headers)).json()
        booked = await client.post("/surveys", json={"department": "safety", "scores": {"safety": 3}}, headers=headers)
        reader = {"Authorization": f"Bearer {world.token(Role.AUDITOR)}"}
        shown = (await client.get("/evaluation/indicators", params={"language": "en"}, headers=reader)).json()
    assert form["departments"]["energy"] == "Energy and resources"
    assert len(form["questions"]) == 6
    assert booked.status_code == 201
    assert shown[0]["explanation"].endswith("50.0 % in date")
