"""From what stands in the survey's inputs to the answers that have to be sent: only departments that were changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud.desks.evaluation import SurveyForm

COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class SurveyDraft:
    """The scores of one department by dimension, and a word to it."""

    department: str
    scores: Mapping[str, int]
    comment: str


def drafts_of(form: SurveyForm, entered: Mapping[str, Mapping[str, Any]]) -> list[SurveyDraft]:
    """In the order of the form; `entered` holds by department the score of each dimension and the comment.

    A department without any score is left out: a word alone is no answer.
    """
    drafts = []
    for department in (one.id for one in form.departments):
        inputs = entered.get(department, {})
        scores = {one.value: int(inputs[one.value]) for one in form.dimensions if inputs.get(one.value) is not None}
        comment = str(inputs.get(COMMENT) or "").strip()
        is_known = scores == dict(form.given.get(department, {})) and comment == form.comments.get(department, "")
        if scores and not is_known:
            drafts.append(SurveyDraft(department, scores, comment))
    return drafts
