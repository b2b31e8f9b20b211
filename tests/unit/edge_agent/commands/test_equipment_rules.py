"""What protects equipment beyond limits: interlocks, minimum times, change per hour; and what giving back respects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from device_profiles.catalogue import Catalogue
from device_profiles.profile import Profile
from edge_agent.site import open_site
from foundation.errors import ConfigError, LinkError
from gateway.messages import Outcome, Quality, Reading
from tests.support.command_bench import CommandBench

PUMP, TANK, RUN, LEVEL, LIMIT, SHED = "pump", "tank", "Pump/On", "Level", "Power/Limit", "Inverter/Limit"
VERIFIED = [(Outcome.VERIFIED, "written")]


def profile(name: str, **content: Any) -> dict[str, Any]:
    return {
        "schema": "xietong.device-profile/1",
        "id": name,
        "vendor": "Test",
        "models": ["A"],
        "carrier": "electricity",
        "role": "actuator",
        "provenance": [{"source": "none", "checked": "secondary", "confidence": "C"}],
        **content,
    }


SWITCH: dict[str, Any] = {
    "name": RUN, "table": "coil", "address": 0, "type": "bool", "kind": "state", "write": "fc5", "limits": [0, 1],
    "step": 1, "min_on_s": 120, "min_off_s": 60, "verify": {"after_ms": 0}, "safe_value": 0,
}  # fmt: skip
PUMP_PROFILE = profile(
    "test.pump",
    writable=[
        SWITCH,
        {
            "name": LIMIT, "table": "holding", "address": 0, "type": "int16", "unit": "kW", "write": "fc6",
            "limits": [0, 100], "max_change_per_h": 50, "verify": {"after_ms": 0}, "safe_value": 20,
        },
        {
            "name": SHED, "table": "holding", "address": 1, "type": "int16", "write": "fc6",
            "limits": [0, 100], "reverts_after_s": 3_600, "verify": {"after_ms": 0}, "safe_value": 100,
        },
    ],
)  # fmt: skip
TANK_PROFILE = profile("test.tank", points=[{"name": LEVEL, "table": "input", "address": 0, "type": "uint16"}])
CATALOGUE = Catalogue([Profile.model_validate(PUMP_PROFILE), Profile.model_validate(TANK_PROFILE)])
LOCK = {"device": PUMP, "point": RUN, "writes": [1, 1], "needs": LEVEL, "of": TANK, "range": [10, 90], "max_age_s": 60}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CommandBench]:
    """A pump that has been off for long; it may run only while the tank's level is from 10 to 90 %."""
    devices = {PUMP: "test.pump", TANK: "test.tank"}
    with CommandBench(tmp_path, devices=devices, catalogue=CATALOGUE, interlocks=[LOCK]) as opened:
        for point, value in ((RUN, 0.0), (LIMIT, 20_000.0), (SHED, 100.0)):
            opened.set_by_hand(value, PUMP, point)
        poll(opened, PUMP, RUN)
        opened.clock.advance(60)
        opened.set_by_hand(50.0, TANK, LEVEL)
        poll(opened, TANK, LEVEL)
        yield opened


def poll(bench: CommandBench, device: str, point: str, quality: Quality = Quality.GOOD) -> None:
    reading = Reading(point, bench.devices.values[device, point], bench.clock.now_ms(), quality)
    bench.image.update(device, [reading])
    bench.service.observe(device, [reading])


async def run_pump(bench: CommandBench, value: float = 1.0, **changes: Any) -> list[tuple[Outcome, str]]:
    return bench.told(await bench.order(device=PUMP, point=RUN, value=value, **changes))


async def scan(bench: CommandBench, seconds: int = 0) -> None:
    bench.clock.advance(seconds)
    await bench.service.scan(PUMP)


@pytest.mark.parametrize(("level", "is_allowed"), [(9.9, False), (10.0, True), (90.0, True), (90.1, False)])
async def test_an_interlock_allows_a_value_only_while_the_other_point_is_in_range(
    bench: CommandBench, level: float, is_allowed: bool
) -> None:
    bench.set_by_hand(level, TANK, LEVEL)
    poll(bench, TANK, LEVEL)
    assert await run_pump(bench) == (VERIFIED if is_allowed else [(Outcome.REFUSED, "interlocked")])


@pytest.mark.parametrize("priority", [1, 5, 8, 16])
async def test_no_priority_stands_above_an_interlock(bench: CommandBench, priority: int) -> None:
    bench.set_by_hand(5.0, TANK, LEVEL)
    poll(bench, TANK, LEVEL)
    assert await run_pump(bench, priority=priority) == [(Outcome.REFUSED, "interlocked")]


async def test_an_old_reading_is_read_anew_before_it_is_believed(bench: CommandBench) -> None:
    bench.clock.advance(61)
    bench.set_by_hand(5.0, TANK, LEVEL)
    assert await run_pump(bench) == [(Outcome.REFUSED, "interlocked")]
    bench.clock.advance(61)
    bench.set_by_hand(50.0, TANK, LEVEL)
    assert await run_pump(bench) == VERIFIED


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.STALE])
async def test_what_is_not_known_well_counts_as_out_of_range(bench: CommandBench, quality: Quality) -> None:
    poll(bench, TANK, LEVEL, quality)
    bench.devices.down[TANK] = LinkError("away")
    assert await run_pump(bench) == [(Outcome.REFUSED, "interlocked")]


@pytest.mark.parametrize("step_s", [-3_600, 3_600])
async def test_a_reading_of_another_clock_is_not_believed(bench: CommandBench, step_s: int) -> None:
    bench.clock.set_wall(bench.clock.now_ms() + step_s * 1000)
    bench.devices.down[TANK] = LinkError("away")
    assert await run_pump(bench) == [(Outcome.REFUSED, "interlocked")]


async def test_an_interlock_does_not_concern_other_values(bench: CommandBench) -> None:
    await run_pump(bench)
    bench.set_by_hand(5.0, TANK, LEVEL)
    poll(bench, TANK, LEVEL)
    bench.clock.advance(120)
    assert await run_pump(bench, 0.0, priority=8) == VERIFIED


async def test_a_switch_stays_on_and_off_for_its_minimum_times(bench: CommandBench) -> None:
    assert await run_pump(bench) == VERIFIED
    bench.clock.advance(119)
    assert await run_pump(bench, 0.0) == [(Outcome.REFUSED, "minimum_time")]
    bench.clock.advance(1)
    assert await run_pump(bench, 0.0) == VERIFIED
    bench.clock.advance(59)
    assert await run_pump(bench, priority=1) == [(Outcome.REFUSED, "minimum_time")]
    bench.clock.advance(1)
    assert await run_pump(bench) == VERIFIED


async def test_after_a_start_the_minimum_time_counts_from_the_first_look(bench: CommandBench) -> None:
    bench.restart()
    bench.clock.advance(600)
    assert await run_pump(bench) == [(Outcome.REFUSED, "minimum_time")]
    bench.clock.advance(60)
    assert await run_pump(bench) == VERIFIED


async def test_a_hand_at_the_panel_starts_the_minimum_time_anew(bench: CommandBench) -> None:
    bench.set_by_hand(1.0, PUMP, RUN)
    poll(bench, PUMP, RUN)
    bench.clock.advance(1)
    assert await run_pump(bench, 0.0) == [(Outcome.REFUSED, "minimum_time")]


async def test_giving_back_waits_for_the_minimum_time(bench: CommandBench) -> None:
    command = await bench.order(device=PUMP, point=RUN, value=1.0, lease_s=30.0)
    await scan(bench, 31)
    await scan(bench, 88)
    assert bench.written(PUMP, RUN) == [1.0]
    await scan(bench, 1)
    assert bench.written(PUMP, RUN) == [1.0, 0.0]
    assert bench.told(command) == [*VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]
    assert bench.events == []


async def test_giving_back_does_not_break_an_interlock_and_says_so(tmp_path: Path) -> None:
    """The pump is safe when it runs, but it must not run dry: it stays off until there is water; people are told."""
    pump = profile("test.pump", writable=[{**SWITCH, "min_on_s": 0, "min_off_s": 0, "safe_value": 1}])
    catalogue = Catalogue([Profile.model_validate(pump), Profile.model_validate(TANK_PROFILE)])
    devices = {PUMP: "test.pump", TANK: "test.tank"}
    with CommandBench(tmp_path, devices=devices, catalogue=catalogue, interlocks=[LOCK]) as bench:
        bench.set_by_hand(1.0, PUMP, RUN)
        command = await bench.order(device=PUMP, point=RUN, value=0.0, lease_s=30.0)
        bench.set_by_hand(5.0, TANK, LEVEL)
        for _ in range(20):
            await scan(bench, 61)
        assert bench.written(PUMP, RUN) == [0.0]
        assert [(event.kind, event.data["reason"]) for event in bench.events] == [
            ("command.release_failed", "interlocked")
        ]
        bench.set_by_hand(50.0, TANK, LEVEL)
        await scan(bench, 61)
        assert bench.written(PUMP, RUN) == [0.0, 1.0]
        assert bench.told(command) == [*VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]


async def test_changes_of_an_hour_add_up_and_giving_back_is_not_held_up_by_them(bench: CommandBench) -> None:
    async def limit(kilowatts: float) -> list[tuple[Outcome, str]]:
        bench.clock.advance(10)
        return bench.told(await bench.order(device=PUMP, point=LIMIT, value=kilowatts * 1000))

    assert await limit(50) == VERIFIED
    assert await limit(71) == [(Outcome.REFUSED, "max_change_rate")]
    assert await limit(70) == VERIFIED
    assert await limit(69) == [(Outcome.REFUSED, "max_change_rate")]
    bench.restart()
    assert await limit(69) == [(Outcome.REFUSED, "max_change_rate")]
    await scan(bench, 600)
    assert bench.written(PUMP, LIMIT) == [50_000, 70_000, 20_000]
    bench.clock.advance(3_600)
    assert await limit(60) == VERIFIED


@pytest.mark.parametrize(("lease_s", "end"), [(3_599.0, VERIFIED), (3_600.0, [(Outcome.REFUSED, "lease")])])
async def test_a_lease_ends_before_the_device_gives_up_by_itself(
    bench: CommandBench, lease_s: float, end: list[tuple[Outcome, str]]
) -> None:
    command = await bench.order(device=PUMP, point=SHED, value=100.0, lease_s=lease_s)
    assert bench.told(command) == end
    is_written = bool(bench.written(PUMP, SHED))
    assert is_written == (end == VERIFIED), "it was there already, but its time must begin anew"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"device": "ghost"}, "unknown device ghost"),
        ({"of": "ghost"}, "unknown device ghost"),
        ({"device": TANK, "point": LEVEL}, "no writable point"),
        ({"needs": "Nothing"}, "has no point Nothing"),
        ({"range": [9, 1]}, "above"),
    ],
)
def test_a_wrong_interlock_of_the_site_is_one_clear_error(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    (tmp_path / "profiles").mkdir()
    for one in (PUMP_PROFILE, TANK_PROFILE):
        (tmp_path / "profiles" / f"{one['id'].replace('.', '_')}.yaml").write_text(
            yaml.safe_dump(one), encoding="utf-8"
        )
    site = {
        "schema": "xietong.site/1", "group": "g", "node": "n", "data_dir": "data", "profiles": "profiles",
        "buses": [{"id": "b", "kind": "modbus_tcp", "host": "127.0.0.1"}],
        "devices": [
            {"id": PUMP, "profile": "test.pump", "bus": "b", "unit": 1},
            {"id": TANK, "profile": "test.tank", "bus": "b", "unit": 2},
        ],
        "interlocks": [{**LOCK, **change}],
    }  # fmt: skip
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump(site), encoding="utf-8")
    with pytest.raises(ConfigError, match=reason):
        open_site(file)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"limits": [0, 2]}, "limits 0 and 1"),
        ({"interlocks": [{"needs": "Nothing", "range": [0, 1]}]}, "unknown point Nothing"),
        ({"interlocks": [{"needs": RUN, "range": [2, 1]}]}, "above"),
        ({"min_on_s": -1}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_rule_of_a_profile_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Profile.model_validate(profile("test.pump", writable=[{**SWITCH, **change}]))
