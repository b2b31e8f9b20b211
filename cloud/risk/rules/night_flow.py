"""E06: water runs at night, night after night: a leak, a stuck valve, a cistern that does not close."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from statistics import fmean, median

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.event import Severity
from cloud.risk.meters import HOUR_MS, VOLUME, Days, Meter, days_of, supply_meters
from cloud.risk.occurrence import run_of, told
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting, TreatmentKind

NIGHT_HOURS = (2, 3)
"""The least flow of the hours from 02:00 to 04:00: when nobody uses water, what runs is lost."""

NIGHTS = 3
HISTORY_DAYS = 28
SHARE_OF_MEAN = 0.10
DEVIATIONS = 3.0
"""Night flow above a tenth of the mean, or above the median by three median absolute deviations (rule E06)."""

LEAST_FLOW_L_H = 20.0
"""Flow, or rise of it, that is worth a search: about what one running cistern loses."""

RECENT_DAYS = 7
"""The nights judged are not older: what was weeks ago says nothing of today."""

LEAST_DAYS = 7
"""Fewer known days tell neither a mean nor a usual night flow."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per water meter with flow in each of the last three known nights."""
    today = local_day(evidence.now_ms)
    for meter in supply_meters(evidence, VOLUME):
        days = days_of(evidence, meter.key, today - timedelta(HISTORY_DAYS), today)
        seen = _judge(meter, days, [today - timedelta(back) for back in range(HISTORY_DAYS, 0, -1)])
        if seen is not None:
            yield seen


def _judge(meter: Meter, days: Days, dates: list[date]) -> Sighting | None:
    flows = {day: flow for day in dates if (flow := _night_flow(days, day)) is not None}
    mean_of = {day: mean for day in dates if (mean := days.per_hour(day, 0, 24)) is not None}
    if len(mean_of) < LEAST_DAYS or len(flows) < NIGHTS or sorted(flows)[-NIGHTS] < dates[-RECENT_DAYS]:
        return None
    limit, usual = _limit(flows, mean_of)
    length, run = run_of([(day, flows[day] > limit if day in flows else None) for day in dates])
    if length < NIGHTS:
        return None
    newest = max(flows)
    last = [flows[day] for day in sorted(flows)[-NIGHTS:]]
    data = {
        "device": meter.key.device,
        "night_l_h": round(fmean(last), 1),
        "limit_l_h": round(limit, 1),
        "mean_l_h": round(fmean(mean_of.values()), 1),
        "usual_l_h": told(usual if usual is None else round(usual, 1)),
        "nights": length,
        "per_day_m3": round(fmean(last) * 24 / 1000, 1),
    }
    seen_ms = day_start_ms(newest) + (NIGHT_HOURS[-1] + 1) * HOUR_MS
    return Sighting(meter.subject, f"{meter.key.device}:{run}", seen_ms, data)


def _night_flow(days: Days, day: date) -> float | None:
    hours = [days.per_hour(day, hour, hour + 1) for hour in NIGHT_HOURS]
    known = [flow for flow in hours if flow is not None]
    return min(known) if len(known) == len(hours) else None


def _limit(flows: Mapping[date, float], mean_of: Mapping[date, float]) -> tuple[float, float | None]:
    """The lower of both limits in L/h, and the usual night flow when enough earlier nights are known."""
    share = max(SHARE_OF_MEAN * fmean(mean_of.values()), LEAST_FLOW_L_H)
    earlier = [flows[day] for day in sorted(flows)[:-NIGHTS]]
    if len(earlier) < LEAST_DAYS:
        return share, None
    usual = median(earlier)
    spread = DEVIATIONS * median(abs(flow - usual) for flow in earlier)
    return min(share, usual + max(spread, LEAST_FLOW_L_H)), usual


RULE = Rule(
    rule_id="E06",
    kind="real_estate.night_flow",
    severity=Severity.ORANGE,
    consequence=4,
    playbook=Playbook(TreatmentKind.REQUEST, service="repair"),
    basis="公共机构节能条例",
    examine=examine,
    due_h=72,
)
