"""The evaluation of the departments with every term, its indicators in words, and the survey."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Services, UtcTime, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.evaluation import IndicatorView, answer_survey, read_evaluation, read_indicators, survey_form
from cloud.evaluation.survey import HIGHEST, LOWEST
from foundation.clock import from_ms
from foundation.texts import Language, load_texts

router = APIRouter(tags=["evaluation"])
Reader = Annotated[Principal, Depends(require(Permission.READ_EVALUATION))]
Judge = Annotated[Principal, Depends(require(Permission.ANSWER_SURVEY))]
PeriodFilter = Annotated[Word | None, Query(description="2026-10")]
LanguageFilter = Annotated[Language | None, Query(description="Of names and explanations")]


class EvaluationOut(BaseModel):
    """`content` holds matrix, synergy, coupling and benchmark with all their terms."""

    institution_id: str
    period: str
    made_at: UtcTime
    content: dict[str, Any]


class IndicatorOut(BaseModel):
    """`value` is null with the reason in `explanation`; `efficacy` its place between the bounds, 0 to 1."""

    department: str
    indicator: str
    name: str
    dimension: str
    period: str
    value: float | None
    unit: str
    orientation: str
    low: float
    high: float
    bounds_version: str
    efficacy: float | None
    clipped: bool
    missing: str | None
    inputs: dict[str, Any]
    explanation: str
    measured_at: UtcTime

    @classmethod
    def of(cls, view: IndicatorView) -> Self:
        value, indicator = view.value, view.indicator
        return cls(
            department=value.department,
            indicator=value.indicator,
            name=view.name,
            dimension=indicator.dimension,
            period=value.period,
            value=value.value,
            unit=indicator.unit,
            orientation=indicator.orientation,
            low=indicator.bounds.low,
            high=indicator.bounds.high,
            bounds_version=indicator.bounds.version,
            efficacy=value.efficacy,
            clipped=value.clipped,
            missing=value.missing,
            inputs=dict(value.inputs),
            explanation=view.explanation,
            measured_at=from_ms(value.measured_ms),
        )


class QuestionOut(BaseModel):
    dimension: str
    question: str


class FormOut(BaseModel):
    """`given` are the caller's own scores so far, by department."""

    institution_id: str
    period: str
    departments: dict[str, str]
    questions: list[QuestionOut]
    lowest: int
    highest: int
    given: dict[str, dict[str, int]]


class AnswerIn(BaseModel):
    """`scores` by dimension, 1 to 5; at least one."""

    model_config = ConfigDict(extra="forbid")

    department: Word
    scores: dict[Word, int] = Field(max_length=20)
    comment: str = Field("", max_length=2000)


class AnswerOut(BaseModel):
    """`counts` is false for what members of a department say of it."""

    institution_id: str
    period: str
    department: str
    scores: dict[str, int]
    counts: bool


@router.get("/evaluation", summary="The newest evaluation, or that of a period", responses=documented(404))
def evaluation(
    principal: Reader, services: Services, institution: InstitutionFilter = None, period: PeriodFilter = None
) -> EvaluationOut:
    found = read_evaluation(services, principal, institution, period)
    return EvaluationOut(
        institution_id=found.institution_id,
        period=found.period,
        made_at=from_ms(found.made_ms),
        content=dict(found.content),
    )


@router.get("/evaluation/indicators", summary="Every indicator with its inputs in words", responses=documented(404))
def indicators(
    principal: Reader,
    services: Services,
    institution: InstitutionFilter = None,
    period: PeriodFilter = None,
    language: LanguageFilter = None,
) -> list[IndicatorOut]:
    return [IndicatorOut.of(one) for one in read_indicators(services, principal, institution, period, language)]


@router.get("/surveys/form", tags=["surveys"], summary="What can be judged now", responses=documented(404))
def form(
    principal: Judge, services: Services, institution: InstitutionFilter = None, language: LanguageFilter = None
) -> FormOut:
    found, texts, spoken = survey_form(services, principal, institution), load_texts(), language or services.language
    return FormOut(
        institution_id=found.institution_id,
        period=found.period,
        departments={one.id: one.name[spoken] for one in found.departments},
        questions=[
            QuestionOut(dimension=one, question=texts(f"evaluation.question.{one}", spoken)) for one in found.dimensions
        ],
        lowest=LOWEST,
        highest=HIGHEST,
        given={department: dict(scores) for department, scores in found.given.items()},
    )


@router.post("/surveys", tags=["surveys"], summary="Judge a department", status_code=201, responses=documented(404))
def answer(given: AnswerIn, principal: Judge, services: Services, institution: InstitutionFilter = None) -> AnswerOut:
    booked = answer_survey(services, principal, institution, given.department, given.scores, given.comment)
    return AnswerOut(
        institution_id=booked.institution_id,
        period=booked.period,
        department=booked.department,
        scores=dict(booked.scores),
        counts=booked.counts,
    )
