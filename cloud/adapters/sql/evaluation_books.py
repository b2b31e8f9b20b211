"""The books of the evaluation in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from cloud.adapters.sql.database import writing
from cloud.adapters.sql.documents import Documents, document_table, in_scope
from cloud.evaluation.ports import EvaluationBooks
from cloud.evaluation.score import Evaluation, IndicatorValue, SurveyAnswer

indicator_value = document_table("indicator_value", key=("institution_id", "period", "department", "indicator"))
survey_answer = document_table("survey_answer", key=("institution_id", "period", "department", "by"))
evaluation = document_table("evaluation", key=("institution_id", "period"))


class SqlIndicatorBook:
    """Fits the port IndicatorBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._values = Documents(engine, indicator_value, IndicatorValue)

    def save(self, values: Sequence[IndicatorValue]) -> None:
        with writing(self._values.engine) as connection:
            for value in values:
                self._values.put(connection, value)

    def values(self, institution_ids: Collection[str], periods: Collection[str] | None = None) -> list[IndicatorValue]:
        of_periods = sa.true() if periods is None else indicator_value.c.period.in_(sorted(periods))
        found = self._values.select(in_scope(indicator_value, institution_ids), of_periods)
        return sorted(found, key=lambda one: (one.institution_id, one.period, one.department, one.indicator))


class SqlSurveyBook:
    """Fits the port SurveyBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._answers = Documents(engine, survey_answer, SurveyAnswer)

    def save(self, answer: SurveyAnswer) -> None:
        self._answers.save(answer)

    def answers(self, institution_ids: Collection[str], period: str | None = None) -> list[SurveyAnswer]:
        of_period = sa.true() if period is None else survey_answer.c.period == period
        return self._answers.select(in_scope(survey_answer, institution_ids), of_period)


class SqlEvaluationBook:
    """Fits the port EvaluationBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._evaluations = Documents(engine, evaluation, Evaluation)

    def save(self, evaluation: Evaluation) -> None:
        self._evaluations.save(evaluation)

    def evaluations(self, institution_ids: Collection[str], *, limit: int = 24) -> list[Evaluation]:
        order = evaluation.c.period.desc()
        return self._evaluations.select(in_scope(evaluation, institution_ids), order=order, limit=limit)


def sql_evaluation_books(engine: sa.Engine) -> EvaluationBooks:
    return EvaluationBooks(
        indicators=SqlIndicatorBook(engine), surveys=SqlSurveyBook(engine), evaluations=SqlEvaluationBook(engine)
    )
