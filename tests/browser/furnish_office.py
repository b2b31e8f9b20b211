"""An office with two full months of metered energy, books, a survey, forecasts and an effect, up to this hour."""

from __future__ import annotations

from collections.abc import Iterator

from cloud.core.calendar import day_start_ms, local_day, to_local
from cloud.core.department import load_departments
from cloud.core.energy_interval import EnergyInterval
from cloud.core.period import Period
from cloud.core.series import SeriesKey
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.desks.books import Books
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.evaluation.score import SurveyAnswer
from cloud.records.record import Record, RecordImport
from gateway.messages import DeviceBirth, PointBirth
from tests.support.county_model import BUILDINGS, ENERGY, GROUP, OFFICE, bill
from tests.support.report_world import model

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
POWER = "Power/Active/Total"
BASE_W, WORKING_W = 14_000, 42_000
LIMIT_W = 60_000.0
SILENT_DAY = 11
"""Day of the last full month on which the meter of building c counted nothing."""


def furnish_office(ports: Books, now_ms: int) -> None:
    """Everything but what the jobs make of it."""
    full = Period.month_of(now_ms).previous
    ports.institutions.save(model())
    ports.registry.node_born(GROUP, "edge-1", "nonce", now_ms - DAY_MS)
    for name in BUILDINGS:
        points = (PointBirth(POWER, "float", "W"), PointBirth(ENERGY, "int", "Wh", "counter"))
        ports.registry.device_born(GROUP, "edge-1", DeviceBirth(f"{name}-main", {}, points), now_ms - DAY_MS)
    ports.intervals.book(list(_intervals(full, now_ms)), now_ms)
    _books(ports, full)
    _answers(ports, full, now_ms)
    _forecasts(ports, now_ms)
    _effects(ports, now_ms)


def load_w(building: str, at_ms: int) -> float:
    """Mean power of the hour that begins then."""
    number, hour = list(BUILDINGS).index(building), to_local(at_ms).hour
    return BASE_W + 5_000 * number + (WORKING_W if 8 <= hour < 18 else 0)


def _intervals(full: Period, now_ms: int) -> Iterator[EnergyInterval]:
    for name in BUILDINGS:
        for at_ms in range(full.previous.start_ms, now_ms - HOUR_MS, HOUR_MS):
            if name == "c" and (at_ms - full.start_ms) // DAY_MS == SILENT_DAY:
                continue
            yield EnergyInterval(GROUP, f"{name}-main", ENERGY, at_ms, at_ms + HOUR_MS, round(load_w(name, at_ms)))


def _books(ports: Books, full: Period) -> None:
    rows = {
        "energy_bill": [
            *(bill("W-1", "water", month, 1510, "m3", 755_000) for month in (full.previous, full)),
            *(bill("G-1", "gas", month, 1000 + 40 * place, "m3", 440_000) for place, month in enumerate((full,))),
        ],
        "equipment": [
            Record(OFFICE, "equipment", name, "safety", f"asset:{name}", 0, 0, {"equipment": name, "due_on": due_on})
            for name, due_on in (
                ("lift-1", str(full.first_day)),
                ("lift-2", str(full.end_day.replace(year=full.year + 1))),
            )
        ],
    }
    for kind, of_kind in rows.items():
        ports.records.put(of_kind, RecordImport(f"i-{kind}", OFFICE, kind, f"{kind}.xlsx", "d", "li", 1))


def _answers(ports: Books, full: Period, now_ms: int) -> None:
    """Three people who think well of everybody, also of the department whose machine score is low."""
    for department in (one.id for one in load_departments().all()):
        for by in ("li", "wang", "zhao"):
            scores = {"green": 5, "efficiency": 4, "safety": 4, "coordination": 4}
            ports.evaluation.surveys.save(
                SurveyAnswer(OFFICE, str(full), department, by, "staff", scores, now_ms - DAY_MS)
            )


def _forecasts(ports: Books, now_ms: int) -> None:
    """One run for each of the last two days and today, issued before its day began."""
    today_ms = day_start_ms(local_day(now_ms))
    for name in BUILDINGS:
        key = SeriesKey(GROUP, f"{name}-main", POWER)
        for start_ms in (today_ms - 2 * DAY_MS, today_ms - DAY_MS, today_ms):
            points = tuple(_point(name, at_ms) for at_ms in range(start_ms, start_ms + 48 * HOUR_MS, HOUR_MS))
            test = BackTest(28, 0.0934, 0.2411, 0.903)
            run_id = f"{name}-{start_ms}"
            ports.energy.forecasts.save(
                ForecastRun(run_id, OFFICE, key, start_ms - HOUR_MS, "pooled_ridge", 56, points, test, start_ms)
            )


def _point(name: str, at_ms: int) -> ForecastPoint:
    mean = load_w(name, at_ms) + 800
    parts = {"base": mean - 4_000, "recent_days": 3_000, "temperature": 1_000}
    return ForecastPoint(at_ms, at_ms + HOUR_MS, mean, mean - 3_000, mean + 3_000, parts)


def _effects(ports: Books, now_ms: int) -> None:
    ports.thresholds.save(
        Threshold("t-1", OFFICE, "Power of building 1", GROUP, "a-main", POWER, LIMIT_W, 4_000, 30, 5, changed_by="li")
    )
    opened_ms = now_ms - 5 * HOUR_MS
    ports.thresholds.save_breach(
        Breach(
            "b-1", "t-1", OFFICE, opened_ms, LIMIT_W, 66_000.0, BreachState.CLOSED, opened_ms + HOUR_MS, False, ("c",)
        )
    )
    ports.energy.effects.save(
        Effect("e-1", OFFICE, "b-1", ("c",), GROUP, "a-main", POWER, opened_ms, opened_ms + 30 * 60_000, 28_000.0,
               23_500.0, 4_500.0, 3_100.0, 5_900.0, "forecast_level", now_ms, {"ratio": 1.04})
    )  # fmt: skip
