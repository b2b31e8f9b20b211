"""Readings: the newest of every point, and series over time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from cloud.api.context import Services, UtcTime, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.ports import RegisteredDevice
from cloud.core.series import Aggregate, Sample, SeriesKey
from cloud.desks.commands import device_in_scope
from cloud.desks.door import DoorServices
from cloud.desks.series_sight import may_see_readings
from cloud.desks.thresholds import find_point
from foundation.clock import from_ms, to_ms
from foundation.errors import DomainError
from gateway.messages import Value

MOST_SAMPLES = 20_000
MOST_RAW_MS = 7 * 86_400_000

router = APIRouter(prefix="/series", tags=["series"])
Reader = Annotated[Principal, Depends(require(Permission.READ_SERIES))]


class SampleOut(BaseModel):
    """A value in the series' unit; null means that the device had none. `quality` is good, bad or stale."""

    measured_at: UtcTime
    value: Value
    quality: str


class LastOut(BaseModel):
    point: str
    unit: str
    sample: SampleOut


class SeriesOut(BaseModel):
    """With a window, each sample is the aggregate of one window's good values, stamped with its start."""

    group: str
    device: str
    point: str
    unit: str
    samples: list[SampleOut]


@router.get("/last", summary="The newest value of every point of a device", responses=documented(404))
def last(group: Word, device: Word, principal: Reader, services: Services) -> list[LastOut]:
    registered = _readable(services, principal, group, device)
    newest = services.store.last(group, [device])
    units = {point.name: point.unit for point in registered.points}
    return [
        LastOut(point=key.point, unit=units.get(key.point, ""), sample=_sample(newest[key])) for key in sorted(newest)
    ]


@router.get("", summary="One point over time, as measured or in windows", responses=documented(404))
def series(
    group: Word,
    device: Word,
    point: Word,
    start: UtcTime,
    end: UtcTime,
    principal: Reader,
    services: Services,
    window_s: Annotated[int | None, Query(ge=1, le=31 * 86_400)] = None,
    aggregate: Aggregate = "mean",
) -> SeriesOut:
    registered = _readable(services, principal, group, device)
    unit = find_point(registered, point).unit
    start_ms, end_ms = to_ms(start), to_ms(end)
    window_ms = None if window_s is None else window_s * 1000
    _check_span(start_ms, end_ms, window_ms)
    key = SeriesKey(group, device, point)
    samples = services.store.series(key, start_ms, end_ms, window_ms=window_ms, aggregate=aggregate)
    return SeriesOut(group=group, device=device, point=point, unit=unit, samples=[_sample(one) for one in samples])


def _readable(services: DoorServices, principal: Principal, group: str, device: str) -> RegisteredDevice:
    registered = device_in_scope(services, principal, group, device)
    if not may_see_readings(services, principal, registered):
        raise DomainError("error.forbidden", 403)
    return registered


def _check_span(start_ms: int, end_ms: int, window_ms: int | None) -> None:
    if start_ms >= end_ms:
        raise DomainError("error.span_backwards")
    most_ms = MOST_RAW_MS if window_ms is None else MOST_SAMPLES * window_ms
    if end_ms - start_ms > most_ms:
        raise DomainError("error.span_too_long", most_s=most_ms // 1000)


def _sample(sample: Sample) -> SampleOut:
    return SampleOut(measured_at=from_ms(sample.measured_ms), value=sample.value, quality=sample.quality.name.lower())
