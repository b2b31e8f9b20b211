"""E01: a building that draws much at night although nobody is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from statistics import fmean, median

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.risk.meters import ENERGY, HOUR_MS, Meter, days_of, supply_meters
from cloud.risk.occurrence import run_of, told
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

NIGHT, DAYTIME = (0, 5), (9, 17)
"""Local hours compared: before anybody comes, and while everybody is there."""

WORKDAYS = 3
HISTORY_DAYS = 28
MOST_RATIO = 0.35
MOST_GROWTH = 1.25
"""Night mean above 0.35 of the daytime mean, or a quarter above the usual night (rule E01)."""

LEAST_NIGHT_W = 1000.0
"""Below a kilowatt there is nothing to switch off."""

RECENT_WORKDAYS = 5
"""The workdays judged are not older: what was weeks ago says nothing of today."""

LEAST_NIGHTS = 7
"""Fewer earlier nights do not tell what is usual."""

Loads = Mapping[date, tuple[float, float]]


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per supply meter whose last three known workdays all had a high night."""
    today = local_day(evidence.now_ms)
    dates = [day for back in range(HISTORY_DAYS, 0, -1) if evidence.calendar.is_workday(day := today - timedelta(back))]
    for meter in supply_meters(evidence, ENERGY):
        days = days_of(evidence, meter.key, today - timedelta(HISTORY_DAYS), today)
        loads = {
            day: (night, daytime)
            for day in dates
            if (night := days.per_hour(day, *NIGHT)) is not None
            and (daytime := days.per_hour(day, *DAYTIME)) is not None
        }
        seen = _judge(meter, loads, dates)
        if seen is not None:
            yield seen


def _judge(meter: Meter, loads: Loads, dates: list[date]) -> Sighting | None:
    if len(loads) < WORKDAYS or sorted(loads)[-WORKDAYS] < dates[-RECENT_WORKDAYS]:
        return None
    usual = _usual(loads)
    length, run = run_of([(day, _is_high(*loads[day], usual) if day in loads else None) for day in dates])
    if length < WORKDAYS:
        return None
    last = [loads[day] for day in sorted(loads)[-WORKDAYS:]]
    night_w, daytime_w = fmean(night for night, _ in last), fmean(daytime for _, daytime in last)
    data = {
        "device": meter.key.device,
        "night_kw": round(night_w / 1000, 1),
        "day_kw": round(daytime_w / 1000, 1),
        "usual_kw": told(usual if usual is None else round(usual / 1000, 1)),
        "ratio_percent": round(100 * night_w / daytime_w) if daytime_w > 0 else told(None),
        "limit_percent": round(100 * MOST_RATIO),
        "workdays": length,
    }
    seen_ms = day_start_ms(max(loads)) + DAYTIME[1] * HOUR_MS
    return Sighting(meter.subject, f"{meter.key.device}:{run}", seen_ms, data)


def _usual(loads: Loads) -> float | None:
    earlier = [loads[day][0] for day in sorted(loads)[:-WORKDAYS]]
    return median(earlier) if len(earlier) >= LEAST_NIGHTS else None


def _is_high(night_w: float, daytime_w: float, usual_w: float | None) -> bool:
    if night_w < LEAST_NIGHT_W:
        return False
    return night_w > MOST_RATIO * daytime_w or (usual_w is not None and night_w > MOST_GROWTH * usual_w)


RULE = Rule(
    rule_id="E01",
    kind="energy.night_base_load",
    severity=Severity.YELLOW,
    consequence=2,
    playbook=Playbook(),
    basis="公共机构节能条例",
    examine=examine,
    due_h=168,
)
