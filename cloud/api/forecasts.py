"""Forecasts with their back-test, what came of them, why an hour is expected so, and effects of automatic actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Header, Query
from pydantic import AwareDatetime, BaseModel

from cloud.api.context import InstitutionFilter, Limit, Services, UtcTime, Word, time_or_none
from cloud.api.language import preferred_language
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.forecasts import (
    compare_forecasts,
    explain_hour,
    find_forecast,
    newest_forecasts,
    read_effects,
    unmeasured_breaches,
)
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.energy.forecast_words import effect_sentence, forecast_sentence
from foundation.clock import from_ms, to_ms
from foundation.texts import Language, load_texts

router = APIRouter(tags=["forecasts"])
Reader = Annotated[Principal, Depends(require(Permission.READ_ENERGY))]
Languages = Annotated[str, Header(alias="Accept-Language")]


class BackTestOut(BaseModel):
    """Day-ahead forecasts of past days, each from earlier days only; errors as shares of the mean load."""

    days: int
    nrmse: float | None
    persistence_nrmse: float | None
    coverage: float | None

    @classmethod
    def of(cls, test: BackTest) -> Self:
        return cls(days=test.days, nrmse=test.nrmse, persistence_nrmse=test.persistence_nrmse, coverage=test.coverage)


class PointOut(BaseModel):
    """Mean over the hour in W; nine times in ten the truth is to lie from `low` to `high`."""

    start: UtcTime
    end: UtcTime
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, point: ForecastPoint) -> Self:
        return cls(
            start=from_ms(point.start_ms),
            end=from_ms(point.end_ms),
            mean=point.mean,
            low=point.low,
            high=point.high,
        )


class RunOut(BaseModel):
    """The newest forecast of one series, without its hours; made from days before `history_end` alone."""

    run_id: str
    institution_id: str
    group: str
    device: str
    point: str
    unit: str
    made_at: UtcTime
    method: str
    history_days: int
    history_end: UtcTime | None
    start: UtcTime
    end: UtcTime
    back_test: BackTestOut

    @classmethod
    def values(cls, run: ForecastRun) -> dict[str, object]:
        return {
            "run_id": run.run_id,
            "institution_id": run.institution_id,
            "group": run.key.group,
            "device": run.key.device,
            "point": run.key.point,
            "unit": "W",
            "made_at": from_ms(run.made_ms),
            "method": run.method,
            "history_days": run.history_days,
            "history_end": time_or_none(run.history_end_ms),
            "start": from_ms(run.points[0].start_ms),
            "end": from_ms(run.points[-1].end_ms),
            "back_test": BackTestOut.of(run.back_test),
        }


class ForecastOut(RunOut):
    points: list[PointOut]


class ExplanationOut(PointOut):
    """`parts` by group of inputs, in W, add up to `mean`; `sentence` says the same in words."""

    run_id: str
    method: str
    parts: dict[str, float]
    sentence: str


class HourOut(BaseModel):
    """`mean` to `high` as forecast before the hour began, `actual` as metered; null when unknown, all in W."""

    start: UtcTime
    mean: float | None
    low: float | None
    high: float | None
    actual: float | None
    run_id: str | None


class ComparisonOut(BaseModel):
    hours: list[HourOut]
    nrmse: float | None
    coverage: float | None


class EffectOut(BaseModel):
    """Estimated, never metered: `saved_wh` lies from `low_wh` to `high_wh` nine times in ten; `terms` open it."""

    effect_id: str
    institution_id: str
    breach_id: str
    command_ids: list[str]
    group: str
    device: str
    point: str
    start: UtcTime
    end: UtcTime
    expected_wh: float
    actual_wh: float
    saved_wh: float
    low_wh: float
    high_wh: float
    method: str
    terms: Mapping[str, float]
    sentence: str

    @classmethod
    def of(cls, effect: Effect, language: Language) -> Self:
        return cls(
            effect_id=effect.effect_id,
            institution_id=effect.institution_id,
            breach_id=effect.breach_id,
            command_ids=list(effect.command_ids),
            group=effect.group,
            device=effect.device,
            point=effect.point,
            start=from_ms(effect.start_ms),
            end=from_ms(effect.end_ms),
            expected_wh=effect.expected_wh,
            actual_wh=effect.actual_wh,
            saved_wh=effect.saved_wh,
            low_wh=effect.low_wh,
            high_wh=effect.high_wh,
            method=effect.method,
            terms=effect.terms,
            sentence=effect_sentence(effect, language),
        )


class UnmeasuredOut(BaseModel):
    """A breach whose commands have no effect to show, and why."""

    breach_id: str
    institution_id: str
    reason: str
    sentence: str


@router.get("/forecasts", summary="The newest forecast of every main meter", responses=documented(404))
def forecasts(principal: Reader, services: Services, institution: InstitutionFilter = None) -> list[RunOut]:
    return [RunOut.model_validate(RunOut.values(one)) for one in newest_forecasts(services, principal, institution)]


@router.get("/forecasts/{group}/{device}", summary="The newest forecast of one meter", responses=documented(404))
def forecast(group: Word, device: Word, principal: Reader, services: Services) -> ForecastOut:
    run = find_forecast(services, principal, group, device)
    return ForecastOut.model_validate(RunOut.values(run) | {"points": [PointOut.of(one) for one in run.points]})


@router.get("/forecasts/{group}/{device}/explanation", summary="Why an hour is expected so", responses=documented(404))
def explanation(
    group: Word,
    device: Word,
    at: Annotated[AwareDatetime, Query(description="Any time within the hour")],
    principal: Reader,
    services: Services,
    accept_language: Languages = "",
) -> ExplanationOut:
    run, point = explain_hour(services, principal, group, device, to_ms(at))
    language = preferred_language(accept_language, services.language)
    return ExplanationOut(
        **PointOut.of(point).model_dump(),
        run_id=run.run_id,
        method=run.method,
        parts=dict(point.parts),
        sentence=forecast_sentence(run, point, language),
    )


@router.get("/forecasts/{group}/{device}/comparison", summary="What came of the forecasts", responses=documented(404))
def comparison(
    group: Word, device: Word, first: date, last: date, principal: Reader, services: Services
) -> ComparisonOut:
    compared = compare_forecasts(services, principal, group, device, first, last)
    hours = [
        HourOut(
            start=from_ms(one.start_ms),
            mean=one.expected.mean if one.expected else None,
            low=one.expected.low if one.expected else None,
            high=one.expected.high if one.expected else None,
            actual=one.actual_w,
            run_id=one.run_id,
        )
        for one in compared.hours
    ]
    return ComparisonOut(hours=hours, nrmse=compared.nrmse, coverage=compared.coverage)


@router.get("/effects", tags=["effects"], summary="Measured effects of automatic actions", responses=documented(404))
def effects(
    principal: Reader,
    services: Services,
    institution: InstitutionFilter = None,
    limit: Limit = 100,
    accept_language: Languages = "",
) -> list[EffectOut]:
    language = preferred_language(accept_language, services.language)
    return [EffectOut.of(one, language) for one in read_effects(services, principal, institution, limit)]


@router.get(
    "/effects/unmeasured", tags=["effects"], summary="Answered breaches without an effect", responses=documented(404)
)
def unmeasured(
    principal: Reader, services: Services, institution: InstitutionFilter = None, accept_language: Languages = ""
) -> list[UnmeasuredOut]:
    texts, language = load_texts(), preferred_language(accept_language, services.language)
    return [
        UnmeasuredOut(
            breach_id=one.breach_id,
            institution_id=one.institution_id,
            reason=one.reason,
            sentence=texts(f"effect.unmeasured.{one.reason}", language),
        )
        for one in unmeasured_breaches(services, principal, institution)
    ]
