"""A county office with two months of everything that a report tells, some of it restricted, on real adapters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from cloud.core.access import Principal, Role
from cloud.core.energy_interval import EnergyInterval
from cloud.core.event import Severity
from cloud.core.institution import InstitutionModel
from cloud.core.period import DAY_MS, Period
from cloud.core.series import SeriesKey
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.evaluation.score import Evaluation, IndicatorValue
from cloud.records.record import RecordImport
from cloud.reporting.make import Seal, make_package
from cloud.reporting.order import ReportOrder
from cloud.reporting.report import Content, Scene, load_reports
from cloud.risk.alarm import Alarm, AlarmState
from cloud.risk.ports import Lesson
from cloud.risk.risk import Label, Risk, RiskStatus
from cloud.services.request import Rating, RequestState, ServiceRequest
from tests.support.cloud_world import SEALING_KEY, World, cloud_world
from tests.support.county_model import BUILDINGS, ENERGY, GROUP, OFFICE, bill, county_model

JULY, AUGUST = Period(2026, 7), Period(2026, 8)
HOUR_MS = 3_600_000
LOST_DAY = AUGUST.start_ms + 11 * DAY_MS
"""A day on which the meter of building c counted nothing."""

OFFICER = Principal("li", frozenset({Role.ENERGY_OFFICER}), frozenset({OFFICE}))
AUDITOR = Principal("zhao", frozenset({Role.AUDITOR}), frozenset({OFFICE}))
_NAMES = {
    "a": ("一号办公楼", "Office building 1"),
    "b": ("二号办公楼", "Office building 2"),
    "c": ("政务大厅", "Service hall"),
}
SECRET = "plate-secret"
EVALUATION = {
    "synergy": {"geometric": {"degree": 0.1285, "band": "weak", "changes": {"energy": 0.1158, "vehicle": 0.0839}}},
    "coupling": {"geometric": {"missing": "evaluation.missing.too_few_departments"}},
    "matrix": {
        "rows": [
            {
                "department": "energy",
                "machine": 0.84,
                "human": None,
                "overall": None,
                "coverage": 0.5,
                "hidden": "coverage",
            }
        ]
    },
}


@contextmanager
def report_world(folder: Path) -> Iterator[World]:
    """The cloud world with the county model, July and August 2026, at 21 September."""
    with cloud_world(folder) as world:
        services = world.services
        services.institutions.save(model())
        services.intervals.book(list(_intervals()), 1)
        rows = [
            bill("W-1", "water", JULY, 1510, "m3", 755_000),
            bill("W-1", "water", AUGUST, 1630.5, "m3", 815_250),
            bill("G-1", "gas", AUGUST, 2210, "m3", 972_400),
        ]
        services.records.put(rows, RecordImport("i-1", OFFICE, "energy_bill", "bills.xlsx", "d", "li", 1))
        _fill_energy(world)
        _fill_risks(world)
        _fill_services(world)
        yield world


@cache
def model() -> InstitutionModel:
    """The county model with names that people read; nobody has entered the heated area of building b."""
    plain = county_model()
    buildings = tuple(
        replace(
            one,
            name={"zh-CN": _NAMES[one.building_id][0], "en": _NAMES[one.building_id][1]},
            heated_area_m2=None if one.building_id == "b" else one.heated_area_m2,
        )
        for one in plain.buildings
    )
    name = {"zh-CN": "青禾县机关事务管理局", "en": "Qinghe county office"}
    return replace(plain, institution=replace(plain.institution, name=name), buildings=buildings)


def order_of(report: str = "energy_month", period: Period = AUGUST, now_ms: int = 1_790_000_000_000) -> ReportOrder:
    return ReportOrder("order-1", OFFICE, report, str(period), "li", now_ms)


def package_of(scene: Scene, report: str = "energy_month", hash_name: str = "sha256") -> bytes:
    """A whole package without an order."""
    return make_package(load_reports()[report], scene, Seal(SEALING_KEY, hash_name), lambda share, step: None)


def content_of(scene: Scene, report: str = "energy_month") -> Content:
    return load_reports()[report].build(scene)


def _intervals() -> Iterator[EnergyInterval]:
    for number, name in enumerate(BUILDINGS):
        for at_ms in range(JULY.start_ms, AUGUST.end_ms, HOUR_MS):
            if name == "c" and LOST_DAY <= at_ms < LOST_DAY + DAY_MS:
                continue
            day, hour = (at_ms - JULY.start_ms) // DAY_MS, (at_ms // HOUR_MS + 8) % 24
            base = 14_000 + 5_000 * number
            load = base + (42_000 if 8 <= hour < 18 else 0) + 6_000 * math.sin(day) + 90 * day
            yield EnergyInterval(GROUP, f"{name}-main", ENERGY, at_ms, at_ms + HOUR_MS, int(load), day == 40)


def _fill_energy(world: World) -> None:
    energy = world.services.energy
    key = SeriesKey(GROUP, "a-main", "Power/Active/Total")
    for day_ms in range(AUGUST.start_ms, AUGUST.end_ms, DAY_MS):
        points = tuple(
            ForecastPoint(at, at + HOUR_MS, 20_000.5 + at % 7, 15_000, 50_000)
            for at in range(day_ms, day_ms + DAY_MS, HOUR_MS)
        )
        test = BackTest(28, 0.0934, 0.2411, 0.903)
        energy.forecasts.save(
            ForecastRun(f"r-{day_ms}", OFFICE, key, day_ms - HOUR_MS, "pooled_ridge", 56, points, test)
        )
    energy.effects.save(
        Effect("e-1", OFFICE, "b-1", ("c-1",), GROUP, "a-main", ENERGY, AUGUST.start_ms + 9 * DAY_MS,
               AUGUST.start_ms + 9 * DAY_MS + HOUR_MS, 52_000.0, 47_500.0, 4_500.0, 3_100.0, 5_900.0, "pooled_ridge", 1)
    )  # fmt: skip


def _fill_risks(world: World) -> None:
    risk, at_ms = world.services.risk, AUGUST.start_ms + 3 * DAY_MS
    for number, (rule, department, hidden) in enumerate(
        (("E06", "real_estate", False), ("E10", "energy", False), ("V01", "vehicle", True))
    ):
        alarm = Alarm(f"al-{number}", OFFICE, rule, department, "building:a", Severity.YELLOW, AlarmState.CLOSED, False,
                      at_ms, at_ms, closed_ms=at_ms + HOUR_MS, is_restricted=hidden)  # fmt: skip
        risk.alarms.save(alarm)
        subject = f"vehicle:{SECRET}" if hidden else "building:a"
        risk.register.save(
            Risk(f"ri-{number}", OFFICE, rule, department, subject, 3, 3, Severity.ORANGE, RiskStatus.CLOSED, at_ms,
                 at_ms + DAY_MS, "ev", {"plate": SECRET} if hidden else {}, closed_ms=at_ms + DAY_MS,
                 label=Label.TRUE, is_restricted=hidden)
        )  # fmt: skip
        risk.rules.learn(Lesson(OFFICE, rule, f"ri-{number}", Label.TRUE, "wang", at_ms + DAY_MS))


def _fill_services(world: World) -> None:
    services, at_ms = world.services, AUGUST.start_ms + 5 * DAY_MS
    for number, hidden in enumerate((False, False, True)):
        request = ServiceRequest(
            request_id=f"rq-{number}", institution_id=OFFICE, service="vehicle" if hidden else "repair",
            department="general", subject=f"vehicle:{SECRET}" if hidden else "building:a", asked_by="sun",
            asked_ms=at_ms, state=RequestState.CLOSED, respond_by_ms=at_ms + HOUR_MS, finish_by_ms=at_ms + DAY_MS,
            accepted_ms=at_ms, done_ms=at_ms + (1 + number) * 20 * HOUR_MS, closed_ms=at_ms + 3 * DAY_MS,
            rating=Rating(4 + number % 2, "sun", at_ms + DAY_MS), is_restricted=hidden,
        )  # fmt: skip
        services.service.requests.add(request)
    services.evaluation.evaluations.save(Evaluation(OFFICE, "2026-08", 1, EVALUATION))
    services.evaluation.indicators.save(
        [
            IndicatorValue(OFFICE, "2026-08", "energy", "cover", 0.968, 0.84, inputs={"days": 30}, measured_ms=1),
            IndicatorValue(OFFICE, "2026-08", "asset", "idle", None, None, missing="evaluation.missing.no_rows"),
        ]
    )
