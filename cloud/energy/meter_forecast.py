"""The forecast of one main meter as it is issued: history from the booked intervals, a run from the method.

A run speaks of the meter's power, `Power/Active/Total` in W: limits and boards are about power, and the mean power of
an hour is its energy. Times are local hours; what lies before the run is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import InstitutionModel
from cloud.core.ports import IntervalBook
from cloud.core.series import Sample, SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.carrier import Carrier
from cloud.energy.forecast_run import ForecastPoint, ForecastRun
from cloud.energy.forecasting.context import Days
from cloud.energy.forecasting.forecast import NoForecast, TwoDays, forecast
from cloud.energy.forecasting.hourly_means import HOUR_MS, days_of
from cloud.energy.forecasting.prior import load_prior
from cloud.energy.metered import keys_of
from cloud.energy.place import MainMeter, main_meters

POWER = "Power/Active/Total"
HISTORY_DAYS = 730
"""Older days say little about tomorrow."""

DAY_MS = 86_400_000
_CHUNK_MS = 60 * DAY_MS


@dataclass(frozen=True, slots=True)
class Forecastable:
    """A main electricity meter; `counters` are the points that may count it, the first with intervals is taken."""

    institution_id: str
    group: str
    device: str
    counters: tuple[SeriesKey, ...]

    @property
    def key(self) -> SeriesKey:
        """The series that the forecast speaks of."""
        return SeriesKey(self.group, self.device, POWER)


def forecastable(model: InstitutionModel, now_ms: int) -> list[Forecastable]:
    """The institution's main electricity meters that are valid now."""
    meters = main_meters(model, now_ms, now_ms + 1)
    return [_of(model, one) for one in meters if one.carrier is Carrier.ELECTRICITY]


def _of(model: InstitutionModel, meter: MainMeter) -> Forecastable:
    return Forecastable(
        institution_id=model.institution.institution_id,
        group=meter.compound_id,
        device=meter.device_id,
        counters=tuple(keys_of(meter)),
    )


def history(book: IntervalBook, key: SeriesKey, today: date, temperature: Sequence[Sample] = ()) -> Days:
    """The days before `today` from the first one that has an interval on, at most HISTORY_DAYS."""
    end_ms = day_start_ms(today)
    intervals = read_intervals(book, key, end_ms - HISTORY_DAYS * DAY_MS, end_ms)
    first_ms = intervals[0].start_ms if intervals else end_ms
    return days_of(intervals, local_day(first_ms), today, temperature)


def read_intervals(book: IntervalBook, key: SeriesKey, start_ms: int, end_ms: int) -> list[EnergyInterval]:
    """Current intervals in time order, read in pieces so that no query holds the book for long."""
    found: list[EnergyInterval] = []
    for piece_ms in range(start_ms, end_ms, _CHUNK_MS):
        found += book.between(key, piece_ms, min(piece_ms + _CHUNK_MS, end_ms))
    return found


def issue(
    meter: Forecastable, days: Days, calendar: WorkCalendar, *, run_id: str, now_ms: int
) -> ForecastRun | NoForecast:
    """The run for the hours from now until the end of the day after `days.end_day`, which is today."""
    made = forecast(days, calendar.is_workday, load_prior())
    if isinstance(made, NoForecast):
        return made
    start_ms = day_start_ms(days.end_day)
    return ForecastRun(
        run_id=run_id,
        institution_id=meter.institution_id,
        key=meter.key,
        made_ms=now_ms,
        method=made.method.value,
        history_days=made.history_days,
        points=_points(made, start_ms, now_ms),
        back_test=made.back_test,
        history_end_ms=start_ms,
    )


def _points(made: TwoDays, start_ms: int, now_ms: int) -> tuple[ForecastPoint, ...]:
    starts = range(start_ms, start_ms + len(made.hours) * HOUR_MS, HOUR_MS)
    return tuple(
        ForecastPoint(at_ms, at_ms + HOUR_MS, hour.mean, hour.low, hour.high, hour.parts)
        for at_ms, hour in zip(starts, made.hours, strict=True)
        if at_ms + HOUR_MS > now_ms
    )
