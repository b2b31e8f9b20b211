"""An office of its own with the heads of all eight departments, two months of indicators, and figures left out."""

from __future__ import annotations

from cloud.core.access import Principal, Role
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.department import load_departments
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Institution,
    InstitutionClass,
    InstitutionModel,
)
from cloud.core.period import Period
from cloud.core.series import SeriesKey
from cloud.desks.books import Books
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from cloud.evaluation.indicator import load_indicators
from cloud.evaluation.score import IndicatorValue
from cloud.services.dataset_grant import DatasetGrant
from tests.browser.compound import GROUP, INSTITUTION, MEAN_KW

OFFICE = "home-county-office"
BUILDING = "home-hall"
HEADS = {one.id: f"home-head-{one.id}-token" for one in load_departments().all()}
ADMINISTRATOR, STAFF, AUDITOR, OFFICER = (
    f"home-{name}-token" for name in ("administrator", "staff", "auditor", "officer")
)
HOUR_MS = 3_600_000

_SCOPE = frozenset({OFFICE})
PRINCIPALS = {
    ADMINISTRATOR: Principal("home-administrator", frozenset({Role.ADMINISTRATOR}), _SCOPE),
    AUDITOR: Principal("home-auditor", frozenset({Role.AUDITOR}), _SCOPE),
    STAFF: Principal("zhao-min", frozenset({Role.STAFF}), _SCOPE, "finance"),
    OFFICER: Principal("home-officer", frozenset({Role.ENERGY_OFFICER}), frozenset({INSTITUTION}), "energy"),
    **{
        token: Principal(f"home-head-{department}", frozenset({Role.DEPARTMENT_HEAD}), _SCOPE, department)
        for department, token in HEADS.items()
    },
}


def furnish_homes(ports: Books, now_ms: int) -> None:
    """Enter everything; nobody has entered the hall's area and persons."""
    ports.institutions.save(_model())
    month = Period.month_of(now_ms).previous
    for period, share in ((month.previous, 0.55), (month, 0.7)):
        ports.evaluation.indicators.save(_values(period, share, now_ms))
    asked_ms = now_ms - 2 * HOUR_MS
    grant = DatasetGrant("home-grant", OFFICE, "contract", "finance", "asset", "home-head-asset", "audit", asked_ms)
    ports.service.grants.save(grant)
    for letter in MEAN_KW:
        ports.energy.forecasts.save(_forecast(letter, now_ms))


def _model() -> InstitutionModel:
    return InstitutionModel(
        institution=Institution(
            institution_id=OFFICE,
            name={"zh-CN": "工作台示范机关", "en": "Office of the Home Pages"},
            institution_class=InstitutionClass.STATE_ORGAN,
            region="450000",
            climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
            superior_id="city-office",
        ),
        compounds=(Compound(compound_id="home-compound", name={"zh-CN": "示范大院", "en": "Home compound"}),),
        buildings=(
            Building(
                building_id=BUILDING,
                compound_id="home-compound",
                name={"zh-CN": "示范楼", "en": "Home hall"},
                use="office",
                heated_area_m2=0,
            ),
        ),
    )


def _values(period: Period, share: float, now_ms: int) -> list[IndicatorValue]:
    """Every indicator at the same place between its bounds."""
    return [
        IndicatorValue(
            institution_id=OFFICE,
            period=str(period),
            department=one.department,
            indicator=one.indicator_id,
            value=one.bounds.low + share * (one.bounds.high - one.bounds.low),
            efficacy=share,
            inputs={"equipment": 20, "overdue": 6} if one.indicator_id == "equipment_in_date" else {},
            measured_ms=now_ms,
        )
        for one in load_indicators().values()
    ]


def _forecast(letter: str, now_ms: int) -> ForecastRun:
    """Two days of the mean that the synthetic main meter waves round."""
    start_ms, mean_w = day_start_ms(local_day(now_ms)), MEAN_KW[letter] * 1000
    return ForecastRun(
        run_id=f"home-forecast-{letter}",
        institution_id=INSTITUTION,
        key=SeriesKey(GROUP, f"{letter}-main", "Power/Active/Total"),
        made_ms=start_ms - HOUR_MS,
        method="pooled_ridge",
        history_days=56,
        points=tuple(
            ForecastPoint(at_ms, at_ms + HOUR_MS, mean_w, 0.9 * mean_w, 1.1 * mean_w, {"base": mean_w})
            for at_ms in range(start_ms, start_ms + 48 * HOUR_MS, HOUR_MS)
        ),
        back_test=BackTest(53, 0.09, 0.19, 0.92),
        history_end_ms=start_ms - HOUR_MS,
    )
