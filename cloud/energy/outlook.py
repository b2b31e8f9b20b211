"""What a forecast says about a limit: a breach to be expected within a day, told while it can still be prevented.

A forecast is of hourly means, a limit of shorter ones: an hour that stays below may still exceed it for minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.core.calendar import local_day, to_local
from cloud.core.event import Event, Severity
from cloud.core.threshold import Threshold
from cloud.energy.breach_event import shown
from cloud.energy.forecast_run import ForecastPoint, ForecastRun

EXPECTED = "energy.breach_expected"
AHEAD_MS = 86_400_000
UNIT = "W"

_NAMESPACE = uuid.UUID("c1a1b1de-52f0-4b0e-9d34-6a1f2c9be014")


@dataclass(frozen=True, slots=True)
class Outlook:
    """The first hour in which a limit is likely exceeded (`is_likely`: by the mean), else may be (by the interval)."""

    threshold: Threshold
    point: ForecastPoint
    is_likely: bool


def outlook(threshold: Threshold, run: ForecastRun, now_ms: int) -> Outlook | None:
    """The first likely hour within a day, else the first possible one; None when the limit will hold."""
    ahead = [one for one in run.points if one.end_ms > now_ms and one.start_ms < now_ms + AHEAD_MS]
    likely = _first_above(ahead, threshold.limit, [one.mean for one in ahead])
    if likely is not None:
        return Outlook(threshold, likely, True)
    possible = _first_above(ahead, threshold.limit, [one.high for one in ahead])
    return None if possible is None else Outlook(threshold, possible, False)


def expected_event(found: Outlook, run: ForecastRun, *, department: str, now_ms: int) -> Event:
    """Told once for each day on which a limit may be exceeded, however often it is forecast."""
    threshold, point = found.threshold, found.point
    name = f"{threshold.institution_id}/{threshold.threshold_id}/{local_day(point.start_ms)}"
    return Event(
        event_id=str(uuid.uuid5(_NAMESPACE, name)),
        institution_id=threshold.institution_id,
        kind=EXPECTED,
        department=department,
        severity=Severity.YELLOW if found.is_likely else Severity.BLUE,
        subject=f"device:{threshold.device}",
        occurred_ms=now_ms,
        received_ms=now_ms,
        data={
            "threshold_id": threshold.threshold_id,
            "name": threshold.name,
            "group": threshold.group,
            "device": threshold.device,
            "point": threshold.point,
            "run_id": run.run_id,
            "start_ms": point.start_ms,
            "is_likely": found.is_likely,
            "limit": threshold.limit,
            "mean": point.mean,
            "high": point.high,
            "limit_shown": shown(threshold.limit, UNIT),
            "mean_shown": shown(point.mean, UNIT),
            "high_shown": shown(point.high, UNIT),
            "at_shown": f"{to_local(point.start_ms):%m-%d %H:%M}",
        },
    )


def _first_above(points: Sequence[ForecastPoint], limit: float, values: Sequence[float]) -> ForecastPoint | None:
    return next((point for point, value in zip(points, values, strict=True) if value > limit), None)
