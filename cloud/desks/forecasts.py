"""What a door shows of forecasts and effects: the newest runs, what came of earlier ones, why, and what was saved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.calendar import day_bounds_ms, day_start_ms
from cloud.core.series import SeriesKey
from cloud.core.threshold import Threshold
from cloud.desks.door import DoorServices
from cloud.energy.carrier import Carrier
from cloud.energy.counterfactual import NotMeasurable
from cloud.energy.effect import Effect
from cloud.energy.effect_measurement import EffectBooks, NotYet, effect_id, is_measured, measure
from cloud.energy.forecast_run import ForecastPoint, ForecastRun
from cloud.energy.forecasting.back_test import nrmse
from cloud.energy.forecasting.hourly_means import HOUR_MS, days_of
from cloud.energy.meter_forecast import read_intervals
from cloud.energy.metered import COUNTERS
from foundation.clock import from_ms
from foundation.errors import DomainError

MOST_DAYS = 31
BREACHES_EXPLAINED = 20
EFFECTS_READ = 1_000


@dataclass(frozen=True, slots=True)
class ComparedHour:
    """What was forecast of an hour before it began, by which run, and what came; each None when unknown."""

    start_ms: int
    expected: ForecastPoint | None
    run_id: str | None
    actual_w: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hours in order; `nrmse` and `coverage` over those known on both sides, None without any."""

    hours: tuple[ComparedHour, ...]
    nrmse: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A breach that was answered by commands and has no effect; `reason` is a code of `effect.unmeasured.*`."""

    breach_id: str
    institution_id: str
    reason: str


def newest_forecasts(
    services: DoorServices, principal: Principal, institution_id: str | None = None
) -> list[ForecastRun]:
    """The newest run of every series of the scope; DomainError 403, 404."""
    return services.energy.forecasts.newest(_scope(principal, institution_id))


def find_forecast(services: DoorServices, principal: Principal, group: str, device: str) -> ForecastRun:
    """The newest run of a device; DomainError 403, or 404 outside the scope and without a run."""
    for run in newest_forecasts(services, principal):
        if (run.key.group, run.key.device) == (group, device):
            return run
    raise DomainError("error.forecast_none", 404, device=device)


def explain_hour(
    services: DoorServices, principal: Principal, group: str, device: str, at_ms: int
) -> tuple[ForecastRun, ForecastPoint]:
    """The newest run and its hour that `at_ms` falls in, whose parts add up to its mean; DomainError 403, 404, 422."""
    run = find_forecast(services, principal, group, device)
    for point in run.points:
        if point.start_ms <= at_ms < point.end_ms:
            return run, point
    first, last = from_ms(run.points[0].start_ms), from_ms(run.points[-1].end_ms)
    raise DomainError("error.hour_not_forecast", first=first.isoformat(), last=last.isoformat())


def compare_forecasts(
    services: DoorServices, principal: Principal, group: str, device: str, first: date, last: date
) -> Comparison:
    """What was expected of every hour of these local days, and what came; DomainError 403, 404, 422."""
    if last < first:
        raise DomainError("error.span_backwards")
    if (last - first).days >= MOST_DAYS or last == date.max:
        raise DomainError("error.span_too_long", most_s=MOST_DAYS * 86_400)
    key = find_forecast(services, principal, group, device).key
    start_ms, end_ms = day_bounds_ms(first)[0], day_bounds_ms(last)[1]
    runs = services.energy.forecasts.runs(key, start_ms, end_ms)
    actual = _actual_w(services, key, first, last + timedelta(days=1))
    hours = tuple(
        _compared(at_ms, runs, actual_w)
        for at_ms, actual_w in zip(range(start_ms, end_ms, HOUR_MS), actual, strict=True)
    )
    both = [(one.expected, one.actual_w) for one in hours if one.expected is not None and one.actual_w is not None]
    inside = sum(expected.low <= actual_w <= expected.high for expected, actual_w in both)
    return Comparison(
        hours=hours,
        nrmse=nrmse(np.array([one.mean for one, _ in both]), np.array([one for _, one in both])),
        coverage=inside / len(both) if both else None,
    )


def read_effects(
    services: DoorServices, principal: Principal, institution_id: str | None = None, limit: int = 100
) -> list[Effect]:
    """Measured effects, newest first; DomainError 403, 404."""
    return services.energy.effects.effects(_scope(principal, institution_id), limit=limit)


def unmeasured_breaches(
    services: DoorServices, principal: Principal, institution_id: str | None = None
) -> list[Unmeasured]:
    """The newest closed breaches whose commands have no effect, each with the reason; DomainError 403, 404."""
    scope = _scope(principal, institution_id)
    known = {one.effect_id for one in services.energy.effects.effects(scope, limit=EFFECTS_READ)}
    thresholds = {one.threshold_id: one for one in services.thresholds.thresholds(scope)}
    books = EffectBooks(services.store, services.commands, services.energy.forecasts)
    breaches = [one for one in services.thresholds.breaches(scope) if is_measured(one) and effect_id(one) not in known]
    found = []
    for breach in breaches[:BREACHES_EXPLAINED]:
        threshold = thresholds.get(breach.threshold_id)
        try:
            measure(breach, threshold, _unit(services, threshold), books, services.clock.now_ms())
        except NotMeasurable as error:
            found.append(Unmeasured(breach.breach_id, breach.institution_id, error.reason))
        except NotYet:
            continue
    return found


def _scope(principal: Principal, institution_id: str | None) -> frozenset[str]:
    if not can(principal, Permission.READ_ENERGY):
        raise DomainError("error.forbidden", 403)
    if institution_id is None:
        return principal.institution_ids
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    return frozenset({institution_id})


def _compared(at_ms: int, runs: Sequence[ForecastRun], actual_w: float | None) -> ComparedHour:
    """By the newest run issued before the hour began: a forecast of what is already under way proves nothing."""
    for run in reversed(runs):
        point = next((one for one in run.points if one.start_ms == at_ms), None)
        if run.made_ms <= at_ms and point is not None:
            return ComparedHour(at_ms, point, run.run_id, actual_w)
    return ComparedHour(at_ms, None, None, actual_w)


def _actual_w(services: DoorServices, key: SeriesKey, first: date, end_day: date) -> list[float | None]:
    start_ms, end_ms = day_start_ms(first), day_start_ms(end_day)
    counters = [SeriesKey(key.group, key.device, point) for point in COUNTERS[Carrier.ELECTRICITY]]
    totals = services.intervals.total(counters, start_ms, end_ms)
    counter = next((one for one in counters if one in totals), None)
    intervals = [] if counter is None else read_intervals(services.intervals, counter, start_ms, end_ms)
    hourly = days_of(intervals, first, end_day).load_w.reshape(-1).tolist()
    return [value if math.isfinite(value) else None for value in hourly]


def _unit(services: DoorServices, threshold: Threshold | None) -> str:
    """Base unit of a threshold's point, empty when unknown."""
    if threshold is None:
        return ""
    for device in services.registry.devices({threshold.institution_id}):
        if (device.group, device.device) == (threshold.group, threshold.device):
            return next((point.unit for point in device.points if point.name == threshold.point), "")
    return ""
