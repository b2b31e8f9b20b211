"""What the doors show of forecasts and effects: in scope only, opened to its parts, and compared with what came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cloud.core.access import Principal, Role
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval
from cloud.core.threshold import BreachState
from cloud.desks.forecasts import (
    Unmeasured,
    compare_forecasts,
    explain_hour,
    find_forecast,
    newest_forecasts,
    read_effects,
    unmeasured_breaches,
)
from cloud.energy.forecast_words import effect_sentence, forecast_sentence
from foundation.errors import DomainError
from tests.support.cloud_world import ENERGY, GROUPS, METER, World, cloud_world
from tests.support.forecast_cases import HOUR_MS, effect_of, run_of

OFFICER = Principal("li", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"}), "energy")
STRANGER = replace(OFFICER, institution_ids=frozenset({"school"}))
PUBLIC = Principal("public", frozenset({Role.PUBLIC}), frozenset({"office"}))
GROUP = GROUPS["office"]
QUARTER_MS = 900_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    with cloud_world(folder) as made:
        made.services.energy.forecasts.save(run_of(made, "office"))
        made.services.energy.effects.save(effect_of("office", start_ms=made.clock.now_ms()))
        yield made


def test_forecasts_and_effects_are_seen_in_scope_and_with_the_permission_only(world: World) -> None:
    assert [one.institution_id for one in newest_forecasts(world.services, OFFICER)] == ["office"]
    assert [one.saved_wh for one in read_effects(world.services, OFFICER)] == [500.0]
    assert newest_forecasts(world.services, STRANGER) == []
    assert read_effects(world.services, STRANGER) == []
    for asked in (newest_forecasts, read_effects, unmeasured_breaches):
        with pytest.raises(DomainError) as refused:
            asked(world.services, PUBLIC)
        assert refused.value.status == 403
        with pytest.raises(DomainError) as hidden:
            asked(world.services, STRANGER, "office")
        assert hidden.value.status == 404


def test_a_meter_outside_the_scope_has_no_forecast(world: World) -> None:
    assert find_forecast(world.services, OFFICER, GROUP, METER).history_days == 56
    for principal, device in ((STRANGER, METER), (OFFICER, "nobody")):
        with pytest.raises(DomainError) as hidden:
            find_forecast(world.services, principal, GROUP, device)
        assert hidden.value.status == 404


def test_an_hour_opens_to_parts_that_add_up_and_to_a_sentence(world: World) -> None:
    run, point = explain_hour(world.services, OFFICER, GROUP, METER, world.clock.now_ms())
    assert sum(point.parts.values()) == point.mean
    english = forecast_sentence(run, point, "en")
    assert "1.0 kW on average (nine times in ten from 0.9 kW to 1.1 kW)" in english
    assert "usual at this hour 0.8 kW, weekday and working calendar +0.2 kW" in english
    assert "56 days" in english
    chinese = forecast_sentence(run, point, "zh-CN")
    assert "星期与工作日历 +0.2 kW" in chinese
    assert not re.search(r"[?{}]|forecast\.", chinese + english)


def test_an_hour_beyond_the_forecast_is_refused(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        explain_hour(world.services, OFFICER, GROUP, METER, world.clock.now_ms() + 72 * HOUR_MS)
    assert refused.value.status == 422


def test_an_effect_reads_as_an_estimate_with_its_bounds() -> None:
    assert effect_sentence(effect_of("office"), "en").startswith(
        "an estimated 0.50 kWh saved (nine times in ten from 0.40 kWh to 0.60 kWh): 1.50 kWh expected"
    )
    loss = replace(effect_of("office"), saved_wh=-500.0, low_wh=-600.0)
    assert "节约 −0.50 kWh" in effect_sentence(loss, "zh-CN")


def test_what_came_is_compared_with_what_was_said_before_it_began(tmp_path: Path) -> None:
    with cloud_world(tmp_path) as world:
        today = local_day(world.clock.now_ms())
        start_ms = day_start_ms(today)
        early = run_of(world, "office", made_ms=start_ms)
        late = run_of(world, "office", made_ms=start_ms + 5 * HOUR_MS)
        late = replace(late, points=tuple(replace(one, mean=2000.0) for one in late.points))
        for run in (early, late):
            world.services.energy.forecasts.save(run)
        hours = [(2, 300), (3, 240), (6, 500)]
        intervals = [
            EnergyInterval(GROUP, METER, ENERGY, at_ms, at_ms + QUARTER_MS, delta)
            for hour, delta in hours
            for at_ms in range(start_ms + hour * HOUR_MS, start_ms + (hour + 1) * HOUR_MS, QUARTER_MS)
        ]
        world.services.intervals.book(intervals, world.clock.now_ms())
        compared = compare_forecasts(world.services, OFFICER, GROUP, METER, today, today)
        by_hour = compared.hours
        assert len(by_hour) == 24
        assert [by_hour[hour].actual_w for hour in (2, 3, 6, 12)] == [1200.0, 960.0, 2000.0, None]
        assert [one.run_id == late.run_id for one in by_hour] == [hour >= 5 for hour in range(24)]
        # Hours 0 and 1 are the world's own 1 kW; of the five known hours 2 is above its interval and 6 as well.
        assert [one.actual_w for one in by_hour[:2]] == [1000.0, 1000.0]
        assert compared.coverage == pytest.approx(3 / 5)
        assert compared.nrmse == pytest.approx(((200**2 + 40**2) / 5) ** 0.5 / (6160 / 5))
        nothing = compare_forecasts(world.services, OFFICER, GROUP, METER, today + timedelta(9), today + timedelta(9))
        assert (nothing.nrmse, nothing.coverage) == (None, None)
        with pytest.raises(DomainError):
            compare_forecasts(world.services, OFFICER, GROUP, METER, today, today - timedelta(1))


def test_a_breach_without_an_effect_says_why(world: World) -> None:
    [breach] = world.services.thresholds.breaches({"office"})
    now_ms = world.clock.now_ms()
    command_id = world.proposed_command("office")
    world.services.commands.decide(command_id, approve=False, by="li", at_ms=now_ms)
    closed = replace(breach, state=BreachState.CLOSED, closed_ms=now_ms, command_ids=(command_id,))
    world.services.thresholds.save_breach(closed)
    found = unmeasured_breaches(world.services, OFFICER)
    assert found == [Unmeasured("office-breach", "office", "no_command_took")]
