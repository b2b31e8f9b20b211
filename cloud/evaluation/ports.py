"""The sockets of the evaluation: indicator values, survey answers, published evaluations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.evaluation.score import Evaluation, IndicatorValue, SurveyAnswer


class IndicatorBook(Protocol):
    """Measured indicators; the same institution, period, department and indicator again replaces the value."""

    def save(self, values: Sequence[IndicatorValue]) -> None: ...

    def values(self, institution_ids: Collection[str], periods: Collection[str] | None = None) -> list[IndicatorValue]:
        """By period, department and indicator."""
        ...


class SurveyBook(Protocol):
    """What people answered."""

    def save(self, answer: SurveyAnswer) -> None: ...

    def answers(self, institution_ids: Collection[str], period: str | None = None) -> list[SurveyAnswer]: ...


class EvaluationBook(Protocol):
    """Published evaluations; the same institution and period again replaces it."""

    def save(self, evaluation: Evaluation) -> None: ...

    def evaluations(self, institution_ids: Collection[str], *, limit: int = 24) -> list[Evaluation]:
        """Newest period first."""
        ...


@dataclass(frozen=True, slots=True)
class EvaluationBooks:
    """The books of the evaluation."""

    indicators: IndicatorBook
    surveys: SurveyBook
    evaluations: EvaluationBook
