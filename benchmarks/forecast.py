"""How well tomorrow is forecast on real meters, beside persistence and the same-day-type mean.

Every day of the test span is forecast at midnight from earlier days alone. Errors are NRMSE: root mean squared error
over the mean load, median over the meters. `cold_start_28d` knows a meter for 28 days and learns nothing after that.
The four buildings of the repository did not teach the shipped prior; other files are given as an argument. Limits:
0.68 of persistence, 0.30 s of CPU per meter for the fit and a year of days.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.support.meters import SHIPPED, read_meters
from benchmarks.support.report import publish
from cloud.energy.forecasting.back_test import coverage, nrmse, persistence
from cloud.energy.forecasting.context import Days, Floats, IsWorkday
from cloud.energy.forecasting.day_ahead import Lessons, Study, roll
from cloud.energy.forecasting.features import SAME_TYPE
from cloud.energy.forecasting.prior import load_prior

YOUNG_DAYS = 28


@dataclass(frozen=True, slots=True)
class Judged:
    """One meter: errors as shares of its mean load, coverage of the 90 % interval, CPU time."""

    persistence: float
    same_day_type: float
    ours: float
    cold_start: float
    coverage: float
    cpu_s: float


def judge_meter(meter: Days, is_workday: IsWorkday, test_days: int) -> Judged:
    began = time.process_time()
    study = Study.of(meter, is_workday)
    expected_w = roll(study, load_prior(), len(meter) - test_days - 60).expected_w
    cpu_s = time.process_time() - began
    tested = slice(len(meter) - test_days, len(meter))
    actual_w = meter.load_w[tested]
    simple_w = study.x[tested, :, SAME_TYPE] * study.context.level_w[tested, None]
    places = np.arange(len(meter))[tested]
    return Judged(
        persistence=_error(persistence(study)[tested], actual_w),
        same_day_type=_error(simple_w, actual_w),
        ours=_error(expected_w[tested], actual_w),
        cold_start=_error(_cold_start(meter, is_workday, test_days), actual_w),
        coverage=coverage(study, expected_w, places) or float("nan"),
        cpu_s=cpu_s * 365 / (test_days + 60),
    )


def _cold_start(meter: Days, is_workday: IsWorkday, test_days: int) -> Floats:
    first = len(meter) - test_days - YOUNG_DAYS
    young = Days(meter.first_day + timedelta(days=first), meter.load_w[first:])
    study = Study.of(young, is_workday)
    model = Lessons.of(study, load_prior(), YOUNG_DAYS).model(YOUNG_DAYS)
    return study.expect(slice(YOUNG_DAYS, len(young)), model)


def _error(expected_w: Floats, actual_w: Floats) -> float:
    error = nrmse(expected_w, actual_w)
    return float("nan") if error is None else error


def _figures(judged: list[Judged]) -> Iterator[tuple[str, float]]:
    def median(name: str) -> float:
        return float(np.nanmedian([getattr(one, name) for one in judged]))

    yield "meters", float(len(judged))
    for name in ("persistence", "same_day_type", "ours", "cold_start"):
        yield f"nrmse_{name}", median(name)
    yield "ours_over_persistence", median("ours") / median("persistence")
    yield "ours_over_same_day_type", median("ours") / median("same_day_type")
    covered = [one.coverage for one in judged]
    yield "coverage_median", median("coverage")
    yield "coverage_worst", float(np.nanmin(covered))
    yield "coverage_best", float(np.nanmax(covered))
    yield "cpu_s_per_meter_year", median("cpu_s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=SHIPPED, help="wide hourly table, csv.gz")
    parser.add_argument("--test-days", type=int, default=365, help="the last days of the file are the test")
    parser.add_argument("--without", nargs="*", default=[], metavar="METER")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    given = parser.parse_args()
    recorded = read_meters(given.file)
    judged = [
        judge_meter(meter, recorded.is_workday, given.test_days)
        for name, meter in recorded.meters.items()
        if name not in given.without
    ]
    publish(dict(_figures(judged)), given.json)


if __name__ == "__main__":
    main()
