"""What of a survey's inputs is sent."""

from __future__ import annotations

from typing import Any

from cloud.console.views.survey_draft import SurveyDraft, drafts_of
from cloud.core.department import load_departments
from cloud.desks.evaluation import SurveyForm
from cloud.evaluation.indicator import Dimension

FORM = SurveyForm(
    institution_id="office",
    period="2026-08",
    departments=load_departments().all(),
    dimensions=tuple(Dimension),
    given={"energy": {"green": 4}, "finance": {"economy": 2}},
    comments={"energy": "bright at night"},
    own="finance",
)


def test_only_changed_departments_are_sent() -> None:
    entered: dict[str, dict[str, Any]] = {
        "energy": {"green": 4, "comment": "bright at night"},
        "finance": {"economy": 3, "service": None, "comment": ""},
        "safety": {"safety": 5, "comment": " calm "},
    }
    assert drafts_of(FORM, entered) == [
        SurveyDraft("finance", {"economy": 3}, ""),
        SurveyDraft("safety", {"safety": 5}, "calm"),
    ]


def test_another_word_to_the_same_scores_is_a_change() -> None:
    assert drafts_of(FORM, {"energy": {"green": 4, "comment": ""}}) == [SurveyDraft("energy", {"green": 4}, "")]


def test_a_word_without_a_score_is_no_answer() -> None:
    assert drafts_of(FORM, {"asset": {"service": None, "comment": "?"}, "unknown": {"service": 5}}) == []
