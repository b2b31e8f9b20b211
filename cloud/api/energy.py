"""Energy and water per local day, from booked intervals."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cloud.api.context import Services, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.calendar import day_bounds_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.series import SeriesKey
from cloud.desks.commands import device_in_scope
from cloud.desks.thresholds import find_point
from foundation.errors import DomainError

MOST_DAYS = 400

router = APIRouter(prefix="/energy", tags=["energy"])


class DayOut(BaseModel):
    """`delta` and its part `estimated` in the counter's base unit; `covered_s` below 86 400 means gaps."""

    day: date
    delta: int
    estimated: int
    covered_s: int


class DaysOut(BaseModel):
    """Days without any booked interval are absent, not 0."""

    group: str
    device: str
    point: str
    unit: str
    days: list[DayOut]


@router.get("/days", summary="What a counter grew by on each local day", responses=documented(404))
def days(
    group: Word,
    device: Word,
    point: Word,
    first: date,
    last: date,
    principal: Annotated[Principal, Depends(require(Permission.READ_ENERGY))],
    services: Services,
) -> DaysOut:
    counter = find_point(device_in_scope(services, principal, group, device), point)
    if counter.kind != "counter":
        raise DomainError("error.point_not_counter", point=point)
    if last < first:
        raise DomainError("error.span_backwards")
    if (last - first).days >= MOST_DAYS or last == date.max:
        raise DomainError("error.span_too_long", most_s=MOST_DAYS * 86_400)
    start_ms, end_ms = day_bounds_ms(first)[0], day_bounds_ms(last)[1]
    intervals = services.intervals.between(SeriesKey(group, device, point), start_ms, end_ms)
    return DaysOut(group=group, device=device, point=point, unit=counter.unit, days=_by_day(intervals))


def _by_day(intervals: list[EnergyInterval]) -> list[DayOut]:
    by_day: dict[date, list[EnergyInterval]] = defaultdict(list)
    for interval in intervals:
        by_day[local_day(interval.start_ms)].append(interval)
    return [
        DayOut(
            day=day,
            delta=sum(one.delta for one in booked),
            estimated=sum(one.delta for one in booked if one.is_estimated),
            covered_s=sum(one.end_ms - one.start_ms for one in booked) // 1000,
        )
        for day, booked in sorted(by_day.items())
    ]
