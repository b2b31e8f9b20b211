"""Fallback rules over a real command service and journal, with devices in memory and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge_agent.local.fallback import LEASE_S, RETRY_S, FallbackRules
from edge_agent.site import Site
from edge_agent.site_fallback import check_fallback
from foundation.errors import ConfigError, DeviceTimeout
from foundation.rng import SeededRng
from gateway.messages import DeviceEvent, Outcome, Quality, Reading
from tests.support.command_bench import DEVICES, CommandBench, make_site
from tests.support.commands import SETPOINT

LOST_S = 130
WARM = {
    "id": "warm",
    "when": {"device": "meter", "point": "Power/Active/Total", "above": 20_000, "for_s": 30, "fresh_s": 40},
    "then": {"device": "ac-1", "point": SETPOINT, "value": 28},
    "release": {"hysteresis": 2_000, "for_s": 20},
    "priority": 12,
    "min_hold_s": 60,
}
NIGHT = {
    "id": "night",
    "between": {"from": "22:00", "to": "06:00"},
    "then": {"device": "relay", "point": "Relay/1", "value": 0},
}


@dataclass
class Trust:
    is_trusted: bool = True


class Building:
    """Rules, command service and devices of one box; `power_kw` is what the meter says whenever it is asked."""

    def __init__(self, folder: Path, *rules: dict[str, Any]) -> None:
        self.bench = CommandBench(folder)
        self.trust = Trust()
        self.power_kw: float | None = 25.0
        self.quality = Quality.GOOD
        self.events: list[DeviceEvent] = []
        self.site = ruled(folder, *rules)
        self.rules = self._rules()

    def _rules(self) -> FallbackRules:
        bench = self.bench
        return FallbackRules(
            self.site,
            bench.catalogue,
            image=bench.image,
            orders=bench.service,
            link=bench.link,
            trust=self.trust,
            tell=self.events.append,
            clock=bench.clock,
            rng=SeededRng(9),
        )

    def restart(self) -> None:
        self.bench.restart()
        self.bench.link.offline()
        self.rules = self._rules()

    async def run(self, seconds: float) -> None:
        """Seconds pass: the meter is asked every ten, rules and leases are looked at every five."""
        end_s = self.bench.clock.monotonic() + seconds
        turn = 0
        while self.bench.clock.monotonic() < end_s:
            if turn % 2 == 0 and self.power_kw is not None:
                reading = Reading("Power/Active/Total", self.power_kw * 1000, self.bench.clock.now_ms(), self.quality)
                self.bench.image.update("meter", [reading], self.bench.clock.monotonic())
            await self.rules.scan()
            for device in ("ac-1", "relay"):
                await self.bench.service.scan(device)
            self.bench.clock.advance(5)
            turn += 1

    async def lose_link(self) -> None:
        self.bench.link.offline()
        await self.run(LOST_S)

    @property
    def setpoint(self) -> object:
        return self.bench.devices.values["ac-1", SETPOINT]

    def told(self) -> list[tuple[str, str | None]]:
        return [(event.data["state"], event.data.get("reason")) for event in self.events]


def ruled(folder: Path, *rules: dict[str, Any], **parts: Any) -> Site:
    content = make_site(folder, DEVICES).model_dump(by_alias=True)
    return Site.model_validate({**content, "time_zone": "Asia/Shanghai", "fallback": rules, **parts})


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    made = Building(tmp_path, WARM)
    with made.bench:
        yield made


async def test_a_rule_acts_only_once_the_cloud_is_lost_and_lets_go_when_it_is_back(building: Building) -> None:
    await building.run(300)
    assert (building.told(), building.bench.devices.writes) == ([], [])
    await building.lose_link()
    await building.run(10)
    assert (building.setpoint, building.told()) == (28.0, [("begun", None)])
    building.bench.link.online()
    await building.run(10)
    assert building.setpoint == 26.0, "the safe value of the profile"
    assert building.told() == [("begun", None), ("ended", "cloud")]
    outcomes = [(one.outcome, one.reason) for one in building.bench.receipts]
    assert outcomes == [(Outcome.VERIFIED, "written"), (Outcome.RELINQUISHED, "fallback_ended")]


async def test_a_cloud_that_is_back_commands_at_the_same_level_and_keeps_it(building: Building) -> None:
    await building.lose_link()
    await building.run(10)
    building.bench.link.online()
    await building.bench.order(value=22.0, priority=12)
    await building.run(60)
    assert building.setpoint == 22.0


async def test_the_value_must_go_back_beyond_the_hysteresis_for_long_enough(building: Building) -> None:
    await building.lose_link()
    building.power_kw = 18.5
    await building.run(120)
    assert building.setpoint == 28.0
    building.power_kw = 17.0
    await building.run(15)
    assert building.setpoint == 28.0
    await building.run(30)
    assert (building.setpoint, building.told()[-1]) == (26.0, ("ended", "condition"))


async def test_a_short_peak_begins_nothing_and_a_short_dip_ends_nothing(building: Building) -> None:
    building.power_kw = 0.0
    await building.lose_link()
    building.power_kw = 25.0
    await building.run(20)
    building.power_kw = 0.0
    await building.run(60)
    assert building.told() == []
    building.power_kw = 25.0
    await building.run(100)
    building.power_kw = 0.0
    await building.run(15)
    building.power_kw = 25.0
    await building.run(100)
    assert building.told() == [("begun", None)]


@pytest.mark.parametrize("blindness", ["silent", "bad"])
async def test_a_value_that_is_no_longer_known_begins_nothing_and_keeps_nothing(
    building: Building, blindness: str
) -> None:
    def blind() -> None:
        building.power_kw, building.quality = (None, Quality.GOOD) if blindness == "silent" else (25.0, Quality.STALE)

    await building.lose_link()
    blind()
    await building.run(120)
    assert building.told() == [("begun", None), ("ended", "condition")]
    assert building.setpoint == 26.0
    await building.run(600)
    assert len(building.events) == 2


async def test_a_wall_clock_that_jumps_neither_ages_nor_freshens_a_value(building: Building) -> None:
    await building.lose_link()
    building.bench.clock.set_wall(building.bench.clock.now_ms() + 365 * 86_400_000)
    await building.run(60)
    assert building.told() == [("begun", None)]
    building.power_kw = None
    building.bench.clock.set_wall(building.bench.clock.now_ms() - 365 * 86_400_000)
    await building.run(120)
    assert building.told()[-1] == ("ended", "condition")


async def test_a_hand_at_the_panel_wins_and_the_rule_waits(building: Building) -> None:
    await building.lose_link()
    await building.run(10)
    building.bench.set_by_hand(19.0)
    building.bench.service.observe("ac-1", [Reading(SETPOINT, 19.0, building.bench.clock.now_ms() + 1)])
    await building.run(RETRY_S)
    assert building.setpoint == 19.0
    assert ("ended", "taken") in building.told()


async def test_a_long_outage_renews_the_lease_and_writes_once(building: Building) -> None:
    await building.lose_link()
    await building.run(3 * LEASE_S)
    assert building.bench.written() == [28.0]
    assert building.told() == [("begun", None)]


async def test_a_restart_gives_back_what_the_rule_held_and_begins_anew_when_the_link_stays_lost(
    building: Building,
) -> None:
    await building.lose_link()
    await building.run(10)
    building.restart()
    await building.run(10)
    assert building.setpoint == 26.0
    await building.run(LOST_S + 60)
    assert building.setpoint == 28.0


async def test_a_device_that_does_not_answer_is_told_once_and_tried_again(building: Building) -> None:
    building.bench.devices.down["ac-1"] = DeviceTimeout("ac-1", 1)
    await building.lose_link()
    await building.run(RETRY_S * 3)
    assert building.told() == [("refused", None)]
    building.bench.devices.down.clear()
    await building.run(RETRY_S + 10)
    assert (building.setpoint, building.told()[-1]) == (28.0, ("begun", None))


async def test_unless_bars_a_rule_also_while_it_is_not_known(tmp_path: Path) -> None:
    barred = {**WARM, "unless": {"device": "ac-2", "point": "Switch", "equals": 1, "fresh_s": 1_000}}
    building = Building(tmp_path, barred)
    with building.bench:
        await building.lose_link()
        assert building.told() == []
        now = building.bench.clock
        building.bench.image.update("ac-2", [Reading("Switch", 0, now.now_ms())], now.monotonic())
        await building.run(30)
        assert building.told() == [("begun", None)]
        building.bench.image.update("ac-2", [Reading("Switch", 1, now.now_ms())], now.monotonic())
        await building.run(90)
        assert building.told()[-1] == ("ended", "condition")


async def test_a_time_window_needs_a_trusted_clock(tmp_path: Path) -> None:
    building = Building(tmp_path, NIGHT)
    with building.bench:
        building.bench.devices.values["relay", "Relay/1"] = 1.0
        building.bench.clock.set_wall(
            round(datetime(2026, 11, 25, 14, 30, tzinfo=UTC).timestamp() * 1000)
        )  # 22:30 there
        building.trust.is_trusted = False
        await building.lose_link()
        assert building.told() == []
        building.trust.is_trusted = True
        await building.run(10)
        assert building.told() == [("begun", None)]
        assert not building.bench.devices.values["relay", "Relay/1"]


async def test_a_rule_that_leaves_the_site_file_lets_go(building: Building) -> None:
    await building.lose_link()
    await building.run(10)
    await building.rules.replace(ruled(building.bench.folder), building.bench.catalogue)
    assert (building.setpoint, building.told()[-1]) == (26.0, ("ended", "config"))


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("fallback.warm.then", {"then": {"device": "nobody", "point": SETPOINT, "value": 28}}),
        ("fallback.warm.then", {"then": {"device": "ac-1", "point": "Temperature/Room", "value": 28}}),
        ("fallback.warm.then.value", {"then": {"device": "ac-1", "point": SETPOINT, "value": 90}}),
        ("fallback.warm.then.value", {"then": {"device": "ac-1", "point": SETPOINT, "value": 25.3}}),
        ("fallback.warm.when", {"when": {"device": "meter", "point": "Power/None", "above": 1}}),
        ("fallback.warm.unless", {"unless": {"device": "gone", "point": SETPOINT, "above": 1}}),
    ],
)
def test_a_rule_that_cannot_work_is_refused(tmp_path: Path, building: Building, key: str, change: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        check_fallback(tmp_path / "site.yaml", ruled(tmp_path, {**WARM, **change}), building.bench.catalogue)
    assert caught.value.key == key


def test_two_rules_may_not_want_one_level_and_local_times_need_a_zone(tmp_path: Path, building: Building) -> None:
    path, catalogue = tmp_path / "site.yaml", building.bench.catalogue
    with pytest.raises(ConfigError, match="rule warm has the same point and priority"):
        check_fallback(path, ruled(tmp_path, WARM, {**WARM, "id": "other"}), catalogue)
    with pytest.raises(ConfigError, match="need the site's time_zone"):
        check_fallback(path, ruled(tmp_path, NIGHT, time_zone=None), catalogue)
    with pytest.raises(ConfigError, match="unknown time zone"):
        check_fallback(path, ruled(tmp_path, NIGHT, time_zone="Mars/Crater"), catalogue)
