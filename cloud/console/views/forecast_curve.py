"""A building's forecast beside what came: the hours before now as they were forecast in time, and the hours ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cloud.console.curves import Curve
from cloud.core.access import Permission, Principal, can
from cloud.core.calendar import local_day
from cloud.core.threshold import Threshold
from cloud.desks.door import DoorServices
from cloud.desks.forecasts import Comparison, compare_forecasts, explain_hour, newest_forecasts
from cloud.energy.forecast_run import ForecastPoint, ForecastRun
from foundation.errors import DomainError

DAYS_BACK = 3
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class ForecastCurve:
    """The newest run of one series, how the issued ones of the last days did, and the limits on it.

    `points` are the hours in order: what was expected before each began, from now on by the newest run.
    """

    run: ForecastRun
    comparison: Comparison
    points: tuple[ForecastPoint, ...]
    limits: tuple[Threshold, ...]

    @property
    def actual(self) -> Curve:
        return [(one.start_ms, one.actual_w) for one in self.comparison.hours]


def read_forecasts(services: DoorServices, principal: Principal, institution_id: str | None) -> list[ForecastRun]:
    """The newest run of every series; DomainError 403, 404."""
    return sorted(newest_forecasts(services, principal, institution_id), key=lambda run: run.key)


def read_forecast_curve(services: DoorServices, principal: Principal, run: ForecastRun) -> ForecastCurve:
    """What was expected and came of the last days, and what is expected next; DomainError 403, 404."""
    today = local_day(services.clock.now_ms())
    comparison = compare_forecasts(
        services, principal, run.key.group, run.key.device, today - timedelta(days=DAYS_BACK), today
    )
    expected = {one.start_ms: one.expected for one in comparison.hours if one.expected is not None}
    ahead = {point.start_ms: point for point in run.points if point.start_ms not in expected}
    points = [point for _, point in sorted({**expected, **ahead}.items())]
    return ForecastCurve(run, comparison, tuple(points), tuple(_limits(services, principal, run)))


def explain_point(
    services: DoorServices, principal: Principal, run: ForecastRun, at_ms: int
) -> tuple[ForecastRun, ForecastPoint]:
    """The run and its hour that `at_ms` falls in, also of an earlier run; DomainError 403, 404, 422."""
    try:
        return explain_hour(services, principal, run.key.group, run.key.device, at_ms)
    except DomainError:
        found = _issued(services.energy.forecasts.runs(run.key, at_ms, at_ms + HOUR_MS), at_ms)
        if found is None:
            raise
        return found


def current_hour(points: Sequence[ForecastPoint], now_ms: int) -> ForecastPoint | None:
    """The hour that is under way, else the first one ahead, else the last one."""
    ahead = [point for point in points if point.end_ms > now_ms]
    return ahead[0] if ahead else (points[-1] if points else None)


def _issued(runs: Sequence[ForecastRun], at_ms: int) -> tuple[ForecastRun, ForecastPoint] | None:
    """By the newest run issued before the hour began, as it is compared with what came."""
    for run in reversed(runs):
        point = next((one for one in run.points if one.start_ms <= at_ms < one.end_ms), None)
        if point is not None and run.made_ms <= point.start_ms:
            return run, point
    return None


def _limits(services: DoorServices, principal: Principal, run: ForecastRun) -> list[Threshold]:
    if not can(principal, Permission.READ_THRESHOLDS):
        return []
    key = (run.key.group, run.key.device, run.key.point)
    thresholds = services.thresholds.thresholds({run.institution_id})
    return [one for one in thresholds if one.enabled and (one.group, one.device, one.point) == key]
