"""Forecasts and effects in a world of doors, and how to ask for them in the table of access."""

from __future__ import annotations

from typing import Any

from cloud.core.calendar import day_start_ms, local_day, to_local
from cloud.core.series import SeriesKey
from cloud.energy.effect import Effect
from cloud.energy.forecast_run import BackTest, ForecastPoint, ForecastRun
from tests.support.cloud_world import GROUPS, METER, POWER, World

HOUR_MS = 3_600_000


def run_of(world: World, institution_id: str, *, made_ms: int | None = None) -> ForecastRun:
    """48 hours of 1 kW from today's midnight on, in two parts."""
    now_ms = world.clock.now_ms() if made_ms is None else made_ms
    start_ms = day_start_ms(local_day(world.clock.now_ms()))
    points = tuple(
        ForecastPoint(at_ms, at_ms + HOUR_MS, 1000.0, 900.0, 1100.0, {"base": 800.0, "calendar": 200.0})
        for at_ms in range(start_ms, start_ms + 48 * HOUR_MS, HOUR_MS)
    )
    return ForecastRun(
        run_id=f"{institution_id}-run-{now_ms}",
        institution_id=institution_id,
        key=SeriesKey(GROUPS[institution_id], METER, POWER),
        made_ms=now_ms,
        method="pooled_ridge",
        history_days=56,
        points=points,
        back_test=BackTest(53, 0.09, 0.19, 0.92),
        history_end_ms=start_ms,
    )


def effect_of(institution_id: str, *, start_ms: int = 0) -> Effect:
    return Effect(
        effect_id=f"{institution_id}-effect-{start_ms}",
        institution_id=institution_id,
        breach_id=f"{institution_id}-breach",
        command_ids=(f"{institution_id}-command",),
        group=GROUPS[institution_id],
        device=METER,
        point=POWER,
        start_ms=start_ms,
        end_ms=start_ms + 60_000,
        expected_wh=1500.0,
        actual_wh=1000.0,
        saved_wh=500.0,
        low_wh=400.0,
        high_wh=600.0,
        method="level_before",
        measured_ms=start_ms + 90_000,
        terms={"level_before_w": 90_000.0},
    )


def forecast(world: World, institution_id: str) -> dict[str, Any]:
    world.services.energy.forecasts.save(run_of(world, institution_id))
    return {"path": {"group": GROUPS[institution_id], "device": METER}}


def hour(world: World, institution_id: str) -> dict[str, Any]:
    return forecast(world, institution_id) | {"params": {"at": to_local(world.clock.now_ms()).isoformat()}}


def days(world: World, institution_id: str) -> dict[str, Any]:
    today = local_day(world.clock.now_ms()).isoformat()
    return forecast(world, institution_id) | {"params": {"first": today, "last": today}}


def effects(world: World, institution_id: str) -> dict[str, Any]:
    world.services.energy.effects.save(effect_of(institution_id))
    return {}
