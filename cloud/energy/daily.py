"""Days of an institution with their electricity and outdoor temperature, as the weather model wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cloud.core.calendar import day_bounds_ms, local_day
from cloud.core.institution import InstitutionModel
from cloud.core.period import DAY_MS
from cloud.core.ports import IntervalBook, RegisteredDevice, TimeSeriesStore
from cloud.core.series import SeriesKey
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.account import EnergyAccount
from cloud.energy.carrier import Carrier
from cloud.energy.change import Weather
from cloud.energy.degree_days import Day, fit
from cloud.energy.metered import count
from cloud.energy.place import main_meters, meters_of

OUTDOOR = "Temperature/Outdoor"
HOUR_MS = 3_600_000
LEAST_HOURS = 20
"""Hours with a temperature that make a day's mean."""

LEAST_COVER = 0.95
LEAST_DAY_SHARE = 0.9
FIT_DAYS = 120


@dataclass(frozen=True, slots=True)
class DayBooks:
    """Where days are looked up; `station` is the series of the outdoor temperature."""

    intervals: IntervalBook
    store: TimeSeriesStore
    station: SeriesKey
    calendar: WorkCalendar


def weather_between(
    model: InstitutionModel, earlier: EnergyAccount, later: EnergyAccount, books: DayBooks
) -> Weather | None:
    """The weather of two months and the model that explains it, fitted to the days up to the later one's end.

    None when temperatures are missing on many days, or explain too little.
    """
    last = later.period.end_day
    first = last - timedelta(days=FIT_DAYS)
    known = days_of(model, first, last, books)
    if earlier.period.first_day < first:
        known |= days_of(model, earlier.period.first_day, min(first, earlier.period.end_day), books)
    found = fit(list(known.values()))
    if found is None or not found.is_usable:
        return None
    of_earlier, of_later = (_within(known, one) for one in (earlier, later))
    return None if of_earlier is None or of_later is None else Weather(found, of_earlier, of_later)


def days_of(model: InstitutionModel, first: date, until: date, books: DayBooks) -> dict[date, Day]:
    """Every day of first <= day < until whose electricity and temperature are both known."""
    found: dict[date, Day] = {}
    for day, mean_c in daily_means(books.store, books.station, first, until).items():
        energy_wh = _electricity_wh(model, day, books.intervals)
        if energy_wh is not None:
            found[day] = Day(energy_wh, mean_c, books.calendar.is_workday(day))
    return found


def outdoor_station(devices: Sequence[RegisteredDevice]) -> SeriesKey | None:
    """The first device that measures the outdoor temperature."""
    for device in sorted(devices, key=lambda one: (one.group, one.device)):
        if any(point.name == OUTDOOR for point in device.points):
            return SeriesKey(device.group, device.device, OUTDOOR)
    return None


def daily_means(store: TimeSeriesStore, station: SeriesKey, first: date, until: date) -> dict[date, float]:
    """Mean temperature of each local day that has enough hours, from hourly means."""
    start_ms, end_ms = day_bounds_ms(first)[0], day_bounds_ms(until)[0]
    by_day: dict[date, list[float]] = {}
    for sample in store.series(station, start_ms, end_ms, window_ms=HOUR_MS, aggregate="mean"):
        if isinstance(sample.value, int | float):
            by_day.setdefault(local_day(sample.measured_ms), []).append(float(sample.value))
    return {day: sum(hours) / len(hours) for day, hours in by_day.items() if len(hours) >= LEAST_HOURS}


def _electricity_wh(model: InstitutionModel, day: date, intervals: IntervalBook) -> float | None:
    start_ms, end_ms = day_bounds_ms(day)
    meters = meters_of(main_meters(model, start_ms, end_ms), Carrier.ELECTRICITY, None)
    counted = count(meters, intervals)
    covered_ms = sum(total.covered_ms for _, total in counted.values())
    if not meters or covered_ms < LEAST_COVER * len(meters) * (end_ms - start_ms):
        return None
    return float(sum(total.delta for _, total in counted.values()))


def _within(known: Mapping[date, Day], account: EnergyAccount) -> list[Day] | None:
    """The days of an account; None when too many of those that have passed are not known."""
    days = [day for at, day in known.items() if account.period.first_day <= at < account.period.end_day]
    passed = (account.until_ms - account.period.start_ms) / DAY_MS
    return days if len(days) >= LEAST_DAY_SHARE * passed else None
