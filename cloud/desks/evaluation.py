"""What a door shows of the evaluation, and how people answer its survey."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud.core.access import Permission, Principal, can
from cloud.core.department import Manifest
from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.core.work_calendar import WorkCalendar
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import account_books, model_in_scope, period_of
from cloud.evaluation.indicator import Dimension, Facts, Indicator, load_indicators
from cloud.evaluation.score import Evaluation, IndicatorValue, SurveyAnswer
from cloud.evaluation.survey import HIGHEST, LOWEST
from foundation.errors import DomainError
from foundation.texts import Language, load_texts

LONGEST_COMMENT = 500


@dataclass(frozen=True, slots=True)
class IndicatorView:
    """A measured indicator in words: its name, one sentence on how it came about, or why it is missing."""

    value: IndicatorValue
    indicator: Indicator
    name: str
    explanation: str


@dataclass(frozen=True, slots=True)
class SurveyForm:
    """What can be judged for `period`; `given` are the principal's own scores so far and `comments` their words, by
    department. What is said of `own`, their department, does not count."""

    institution_id: str
    period: str
    departments: tuple[Manifest, ...]
    dimensions: tuple[Dimension, ...]
    given: Mapping[str, Mapping[str, int]]
    comments: Mapping[str, str] = field(default_factory=dict)
    own: str | None = None


def read_evaluation(
    services: DoorServices, principal: Principal, institution_id: str | None, period: str | None = None
) -> Evaluation:
    """The published evaluation of a period, else the newest; DomainError 403, 404, 422."""
    model = _readable(services, principal, institution_id)
    wanted = None if period is None else str(period_of(period))
    for evaluation in services.evaluation.evaluations.evaluations({model.institution.institution_id}, limit=1000):
        if wanted in (None, evaluation.period):
            return evaluation
    raise DomainError("error.not_found", 404)


def evaluated_periods(services: DoorServices, principal: Principal, institution_id: str | None) -> list[str]:
    """Periods with a published evaluation, newest first; DomainError 403, 404."""
    institution = _readable(services, principal, institution_id).institution.institution_id
    return [one.period for one in services.evaluation.evaluations.evaluations({institution}, limit=1000)]


def read_indicators(
    services: DoorServices,
    principal: Principal,
    institution_id: str | None,
    period: str | None = None,
    language: Language | None = None,
) -> list[IndicatorView]:
    """Every indicator of a period (else the last full month) with inputs and one sentence; DomainError as above."""
    model = _readable(services, principal, institution_id)
    of_period = str(_last_full_month(services) if period is None else period_of(period))
    stored = services.evaluation.indicators.values({model.institution.institution_id}, [of_period])
    known = load_indicators()
    spoken = language or services.language
    return [indicator_view(one, known[one.indicator], spoken) for one in stored if one.indicator in known]


def survey_form(services: DoorServices, principal: Principal, institution_id: str | None) -> SurveyForm:
    """The form of the last full month; DomainError 403, 404."""
    model = _answerable(services, principal, institution_id)
    period, institution = str(_last_full_month(services)), model.institution.institution_id
    answers = services.evaluation.surveys.answers({institution}, period)
    return SurveyForm(
        institution_id=institution,
        period=period,
        departments=services.departments.all(),
        dimensions=tuple(Dimension),
        given={one.department: one.scores for one in answers if one.by == principal.name},
        comments={one.department: one.comment for one in answers if one.by == principal.name},
        own=principal.department,
    )


def answer_survey(
    services: DoorServices,
    principal: Principal,
    institution_id: str | None,
    department: str,
    scores: Mapping[str, int],
    comment: str = "",
) -> SurveyAnswer:
    """Book somebody's scores of a department for the last full month; again replaces them.

    What members of a department say of it is kept but does not count. DomainError: 403, 404 for a department or
    institution that is not there, 422 for a score or dimension that is not on the form.
    """
    model = _answerable(services, principal, institution_id)
    if department not in {one.id for one in services.departments.all()}:
        raise DomainError("error.not_found", 404)
    _check(scores, comment)
    answer = SurveyAnswer(
        institution_id=model.institution.institution_id,
        period=str(_last_full_month(services)),
        department=department,
        by=principal.name,
        by_role=",".join(sorted(principal.roles)),
        scores=dict(scores),
        at_ms=services.clock.now_ms(),
        comment=comment.strip(),
        counts=principal.department != department,
    )
    services.audit.record(
        institution_id=answer.institution_id,
        actor=principal.name,
        action="survey.answer",
        subject=f"department:{department}",
        # What somebody thinks of colleagues is not for those who read the trail.
        detail={"period": answer.period, "dimensions": sorted(scores), "counts": answer.counts},
    )
    services.evaluation.surveys.save(answer)
    services.wake()
    return answer


def indicator_view(value: IndicatorValue, indicator: Indicator, language: Language) -> IndicatorView:
    """A stored value in words."""
    texts = load_texts()
    name = texts(f"evaluation.indicator.{indicator.indicator_id}.name", language)
    if value.value is None:
        return IndicatorView(value, indicator, name, texts(value.missing or "evaluation.missing.no_rows", language))
    shown = f"{100 * value.value:.1f} %" if indicator.unit == "1" else f"{value.value:.1f}"
    sentence = texts(
        f"evaluation.indicator.{indicator.indicator_id}.explanation", language, **{**value.inputs, "value": shown}
    )
    return IndicatorView(value, indicator, name, sentence)


def facts_of(services: DoorServices, model: InstitutionModel) -> Facts:
    """What indicators of an institution may look at."""
    institution_id = model.institution.institution_id
    return Facts(
        institution_id=institution_id,
        model=model,
        now_ms=services.clock.now_ms(),
        store=services.store,
        intervals=services.intervals,
        registry=services.registry,
        records=services.records,
        risk=services.risk,
        service=services.service,
        account_books=account_books(services, institution_id),
        calendar=WorkCalendar(),
    )


def peer_values(services: DoorServices, model: InstitutionModel, period: Period) -> dict[str, list[float]]:
    """Values of all institutions of the same class and climate zone, by indicator, this one included."""
    own = model.institution
    group = {
        one.institution_id
        for one in services.institutions.institutions()
        if (one.institution_class, one.climate_zone) == (own.institution_class, own.climate_zone)
    }
    found: dict[str, list[float]] = {}
    for one in services.evaluation.indicators.values(group, [str(period)]):
        if one.value is not None:
            found.setdefault(one.indicator, []).append(one.value)
    return found


def _readable(services: DoorServices, principal: Principal, institution_id: str | None) -> InstitutionModel:
    if not can(principal, Permission.READ_EVALUATION):
        raise DomainError("error.forbidden", 403)
    return model_in_scope(services, principal, institution_id)


def _answerable(services: DoorServices, principal: Principal, institution_id: str | None) -> InstitutionModel:
    if not can(principal, Permission.ANSWER_SURVEY):
        raise DomainError("error.forbidden", 403)
    return model_in_scope(services, principal, institution_id)


def _last_full_month(services: DoorServices) -> Period:
    return Period.month_of(services.clock.now_ms()).previous


def _check(scores: Mapping[str, int], comment: str) -> None:
    if not scores:
        raise DomainError("error.scores_missing")
    for dimension, score in scores.items():
        if dimension not in set(Dimension):
            raise DomainError("error.dimension_unknown", dimension=dimension)
        if isinstance(score, bool) or not LOWEST <= score <= HIGHEST:
            raise DomainError("error.out_of_range", field=dimension, low=LOWEST, high=HIGHEST, given=score)
    if len(comment) > LONGEST_COMMENT:
        raise DomainError("error.comment_too_long", most=LONGEST_COMMENT)
