"""Recorded hourly meters as the forecasts see them: wide tables in UTC or local time, with a calendar."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from cloud.energy.forecasting.context import Days, Floats, IsWorkday

SHIPPED = Path(__file__).parents[2] / "simulators" / "data" / "cambridge_2018_2019.csv.gz"
_BRITISH = ZoneInfo("Europe/London")
_WEATHER = frozenset({"temp_c", "rh_pct", "ghi_wm2"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """Meters of one file by name, kWh per hour turned into W, and when people work where they stand."""

    meters: Mapping[str, Days]
    is_workday: IsWorkday


def read_meters(path: Path) -> Recorded:
    """A wide table whose first column is `time_utc` (Cambridge) or `time_local`; names that begin `cam_` are British.

    Hours that occur twice are the mean of both. Outdoor temperature in the same file goes with every meter.
    """
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        cells = list(rows)
    times = [datetime.fromisoformat(row[0]) for row in cells]
    if header[0] == "time_utc":
        times = [one.replace(tzinfo=UTC).astimezone(_BRITISH).replace(tzinfo=None) for one in times]
    values = np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in cells])
    first_day, table = _by_day(times, values)
    columns = dict(zip(header[1:], np.moveaxis(table, 2, 0), strict=True))
    temperature = columns.get("temp_c")
    meters = {
        name: Days(first_day, column * 1000, temperature) for name, column in columns.items() if name not in _WEATHER
    }
    is_british = all(name.startswith("cam_") for name in meters)
    return Recorded(meters, british_workday if is_british else american_workday)


def _by_day(times: list[datetime], values: Floats) -> tuple[date, Floats]:
    first_day = min(times).date()
    days = (max(times).date() - first_day).days + 1
    sums, counts = np.zeros((days, 24, values.shape[1])), np.zeros((days, 24, values.shape[1]))
    for at, row in zip(times, values, strict=True):
        known = np.isfinite(row)
        place = (at.date() - first_day).days, at.hour
        sums[place] += np.where(known, row, 0.0)
        counts[place] += known
    return first_day, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def british_workday(day: date) -> bool:
    """Working days of an English university: bank holidays and the days from Christmas Eve to New Year are free."""
    if day.weekday() >= 5 or (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1):
        return False
    if day in (_easter(day.year) - timedelta(2), _easter(day.year) + timedelta(1), date(2017, 1, 2)):
        return False
    is_bank_monday = day.weekday() == 0 and (
        (day.month == 5 and (day.day <= 7 or day.day > 24)) or (day.month == 8 and day.day > 24)
    )
    return not is_bank_monday


def american_workday(day: date) -> bool:
    """Working days of a United States campus: free are federal holidays, Thanksgiving with its Friday, Christmas."""
    if day.weekday() >= 5 or _is_nth_monday(day):
        return False
    if day.month == 11 and (day.weekday(), (day.day - day.weekday() + 2) // 7) in ((3, 3), (4, 3)) and day.day >= 22:
        return False
    if day.month == 12 and day.day in (24, 26):
        return False
    return day not in {_observed(date(day.year, *fixed)) for fixed in ((1, 1), (7, 4), (11, 11), (12, 25))}


def _is_nth_monday(day: date) -> bool:
    spans: Mapping[int, Callable[[int], bool]] = {
        1: lambda at: 15 <= at <= 21,
        2: lambda at: 15 <= at <= 21,
        5: lambda at: at > 24,
        9: lambda at: at <= 7,
        10: lambda at: 8 <= at <= 14,
    }
    return day.weekday() == 0 and day.month in spans and spans[day.month](day.day)


def _observed(day: date) -> date:
    return day + timedelta({5: -1, 6: 1}.get(day.weekday(), 0))


def _easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
