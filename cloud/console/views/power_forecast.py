"""Power now against what was forecast of this hour, by building, and the day's hours of all buildings together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.console.curves import Curve, number
from cloud.console.views.places import POWER, PlacedDevice, Places
from cloud.core.access import Principal
from cloud.core.calendar import local_day
from cloud.core.series import SeriesKey
from cloud.desks.door import DoorServices
from cloud.desks.forecasts import ComparedHour, compare_forecasts, newest_forecasts
from cloud.energy.forecast_run import ForecastPoint, ForecastRun


@dataclass(frozen=True, slots=True)
class BuildingForecast:
    """`now_w` is the newest good reading of a meter that is online, `point` the hour that holds it; None if unknown."""

    device: PlacedDevice
    now_w: float | None
    run: ForecastRun | None
    point: ForecastPoint | None

    @property
    def is_inside(self) -> bool | None:
        """Whether the power lies in the interval of its hour; None when either is unknown."""
        if self.now_w is None or self.point is None:
            return None
        return self.point.low <= self.now_w <= self.point.high


@dataclass(frozen=True, slots=True)
class PowerForecast:
    """`expected` and `actual` are hourly means of all buildings; an hour that one of them lacks is a gap."""

    buildings: tuple[BuildingForecast, ...]
    expected: Curve
    actual: Curve


def read_power_forecast(services: DoorServices, principal: Principal, places: Places) -> PowerForecast:
    """Over the main meters of the scope; raises DomainError 403."""
    runs = {(one.key.group, one.key.device): one for one in newest_forecasts(services, principal)}
    mains, now_ms = places.mains(), services.clock.now_ms()
    today = local_day(now_ms)
    known = [runs[one.group, one.id] for one in mains if (one.group, one.id) in runs]
    days = [compare_forecasts(services, principal, run.key.group, run.key.device, today, today).hours for run in known]
    is_whole = len(known) == len(mains) and bool(days)
    buildings = tuple(_building(services, one, runs.get((one.group, one.id)), now_ms) for one in mains)
    if not is_whole:
        return PowerForecast(buildings, [], [])
    hours = list(zip(*days, strict=True))
    return PowerForecast(
        buildings,
        [
            (same[0].start_ms, _sum([_expected(run, hour) for run, hour in zip(known, same, strict=True)]))
            for same in hours
        ],
        [(same[0].start_ms, _sum([hour.actual_w for hour in same])) for same in hours],
    )


def _building(services: DoorServices, device: PlacedDevice, run: ForecastRun | None, now_ms: int) -> BuildingForecast:
    sample = services.store.last(device.group, {device.id}).get(SeriesKey(device.group, device.id, POWER))
    now_w = number(sample) if device.registered.is_online else None
    points = run.points if run else ()
    return BuildingForecast(
        device, now_w, run, next((one for one in points if one.start_ms <= now_ms < one.end_ms), None)
    )


def _expected(run: ForecastRun, hour: ComparedHour) -> float | None:
    """What was said before the hour began, else what the newest run says of it."""
    if hour.expected is not None:
        return hour.expected.mean
    return next((one.mean for one in run.points if one.start_ms == hour.start_ms), None)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return sum(known) if len(known) == len(values) else None
