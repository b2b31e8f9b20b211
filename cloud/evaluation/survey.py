"""What people think of a department: questions by dimension, and the answers of one period taken together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloud.core.wilson import wilson_low
from cloud.evaluation.indicator import Dimension
from cloud.evaluation.score import SurveyAnswer

LOWEST, HIGHEST, SATISFIED = 1, 5, 4
LEAST_ANSWERS = 3
"""Fewer would tell who answered what, and say little."""


@dataclass(frozen=True, slots=True)
class HumanScore:
    """`score` from 0 to 1 is the mean of the answers that count, None below LEAST_ANSWERS.

    `lower` is the Wilson lower bound (90 %) of the share who gave 4 or 5: few answers do not win by chance.
    """

    answers: int
    score: float | None
    lower: float | None


def human_scores(answers: Iterable[SurveyAnswer]) -> dict[str, dict[Dimension, HumanScore]]:
    """Department -> dimension -> score. Answers of the judged about themselves are kept but do not count."""
    given: dict[str, dict[Dimension, list[int]]] = {}
    for answer in answers:
        if answer.counts:
            for dimension, score in _known(answer.scores).items():
                given.setdefault(answer.department, {}).setdefault(dimension, []).append(score)
    return {
        department: {dimension: _score(scores) for dimension, scores in of_department.items()}
        for department, of_department in given.items()
    }


def _known(scores: Mapping[str, int]) -> dict[Dimension, int]:
    return {Dimension(name): score for name, score in scores.items() if name in set(Dimension)}


def _score(scores: list[int]) -> HumanScore:
    if len(scores) < LEAST_ANSWERS:
        return HumanScore(len(scores), None, None)
    mean = (sum(scores) / len(scores) - LOWEST) / (HIGHEST - LOWEST)
    satisfied = sum(one >= SATISFIED for one in scores)
    return HumanScore(len(scores), mean, wilson_low(satisfied, len(scores)))
