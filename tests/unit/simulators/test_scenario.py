"""Scenario files, and what is played from them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from device_profiles.catalogue import load_catalogue
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from simulators.compound import load_compound
from simulators.fleet import Fleet
from simulators.frigate_box import FrigateBox
from simulators.modbus_device import ModbusUnit
from simulators.plant import Plant
from simulators.publisher import Message
from simulators.scenario import Scenario, load_scenario
from simulators.scenario_runner import GroundTruth, ScenarioRunner, Stage
from tests.support.manual_clock import ManualClock

COMPOUND, CATALOGUE = load_compound(), load_catalogue()
NAME = {"zh-CN": "试", "en": "trial"}


def _file(folder: Path, steps: list[dict[str, Any]], **more: Any) -> Path:
    content = {"schema": "xietong.scenario/1", "name": NAME, "steps": steps, **more}
    path = folder / "trial.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return path


@pytest.mark.parametrize("name", ["demo", "steady"])
def test_shipped_scenarios_fit_the_default_compound(name: str) -> None:
    assert load_scenario(name, COMPOUND).name["zh-CN"]


def test_the_demonstration_touches_four_departments() -> None:
    expected = {kind.split(".")[0] for step in load_scenario("demo", COMPOUND).steps for kind in step.expect}
    assert expected == {"energy", "safety", "vehicle", "information"}


DEAD = {"at_s": 1, "for_s": 5, "cause": "fault", "device": "a-main", "fault": "dead"}
SET = {"at_s": 1, "cause": "set_point", "devices": ["a-ac-1"], "point": "Setpoint/Temperature", "value": 20}


@pytest.mark.parametrize(
    ("step", "key", "reason"),
    [
        ({**DEAD, "cause": "magic"}, "steps.0", "magic"),
        ({**DEAD, "fault": "tired"}, "steps.0.fault.fault", "tired"),
        ({**DEAD, "device": "a-mian"}, "steps.0.device", "no 'a-mian'"),
        ({**DEAD, "device": "weather"}, "steps.0.device", "no 'weather'"),
        ({**DEAD, "every_s": 5}, "steps.0.fault", "longer than for_s"),
        ({**DEAD, "at_s": -1}, "steps.0.fault.at_s", "greater than or equal to 0"),
        ({**SET, "for_s": 9}, "steps.0.set_point.for_s", "Extra inputs"),
        (
            {"at_s": 1, "for_s": 5, "cause": "seen", "camera": "cam-gate", "zone": "attic"},
            "steps.0.zone",
            "no 'attic'",
        ),
        ({"at_s": 1, "for_s": 5, "cause": "leave_area", "vehicle": "car-99"}, "steps.0.vehicle", "no 'car-99'"),
    ],
)
def test_a_wrong_step_is_named_by_file_key_and_reason(
    step: dict[str, Any], key: str, reason: str, tmp_path: Path
) -> None:
    path = _file(tmp_path, [step])
    with pytest.raises(ConfigError) as caught:
        load_scenario(path, COMPOUND)
    assert (caught.value.file, caught.value.key) == (str(path), key)
    assert reason in caught.value.reason


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="demo, steady"):
        load_scenario("chaos", COMPOUND)


class _Theatre:
    """Simulators without sockets and broker, on a clock that the runner moves."""

    def __init__(self) -> None:
        self.clock, self.sent = ManualClock(now_ms=1_795_400_000_000, is_eager=True), list[Message]()
        plant = Plant(COMPOUND, CATALOGUE, self.clock.now_ms())
        rng = SeededRng(7)
        self.units = {
            device.id: ModbusUnit(plant.profile(device), plant.model(device.id), self.clock, rng, device.params)
            for device in COMPOUND.devices
            if device.bus
        }
        box = FrigateBox(COMPOUND.cameras, self.sent.append, lambda _: 0.0, self.clock, rng)
        fleet = Fleet(COMPOUND.vehicles, COMPOUND.geofence, self.sent.append, self.clock)
        self.stage = Stage(self.units, box, fleet, self.clock)

    def runner(self, scenario: Scenario, truth: Path | None, start: Path | None = None) -> ScenarioRunner:
        return ScenarioRunner(scenario, self.stage, GroundTruth(truth), self.clock, start)


async def test_causes_happen_at_their_times_and_are_written_down(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        [
            {**DEAD, "at_s": 2, "for_s": 3, "expect": ["information.device_lost"]},
            SET,
            {"at_s": 4, "for_s": 2, "cause": "camera_offline", "camera": "cam-gate"},
        ],
    )
    theatre, truth = _Theatre(), tmp_path / "truth.jsonl"
    began_ms = theatre.clock.now_ms()
    await theatre.runner(load_scenario(path, COMPOUND), truth).run()
    facts = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
    told = [((fact["at_ms"] - began_ms) / 1000, fact["phase"], fact["cause"]) for fact in facts]
    assert told == [
        (1, "start", "set_point"),
        (2, "start", "fault"),
        (4, "start", "camera_offline"),
        (5, "end", "fault"),
        (6, "end", "camera_offline"),
    ]
    assert facts[1]["expect"] == ["information.device_lost"]
    assert facts[0] | {"value": 20.0, "devices": ["a-ac-1"]} == facts[0]
    assert theatre.units["a-ac-1"].read("holding", 4, 1) == [20]
    assert not theatre.units["a-main"].is_dead
    status = [message.payload for message in theatre.sent if message.topic == "frigate/cam-gate/status/detect"]
    assert status == ["offline", "online"]


async def test_a_repeated_cause_comes_again(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    theatre = _Theatre()
    scenario = load_scenario(_file(tmp_path, [{**SET, "at_s": 5, "every_s": 60}]), COMPOUND)
    play = asyncio.create_task(theatre.runner(scenario, truth).run())
    began = theatre.clock.monotonic()
    while theatre.clock.monotonic() < began + 180:
        await asyncio.sleep(0)
    play.cancel()
    assert [round(json.loads(line)["at_s"]) for line in truth.read_text("utf-8").splitlines()] == [5, 65, 125]


async def test_the_clock_starts_when_the_start_file_appears(tmp_path: Path) -> None:
    start, truth = tmp_path / "ready", tmp_path / "truth.jsonl"
    theatre = _Theatre()
    scenario = load_scenario(_file(tmp_path, [SET], start_on="file"), COMPOUND)
    play = asyncio.create_task(theatre.runner(scenario, truth, start).run())
    for _ in range(100):
        await asyncio.sleep(0)
    assert not truth.exists()
    start.touch()
    await play
    assert json.loads(truth.read_text("utf-8"))["at_s"] == pytest.approx(1)


def test_a_scenario_that_waits_needs_a_file_and_a_set_point_a_point(tmp_path: Path) -> None:
    theatre = _Theatre()
    waiting = load_scenario(_file(tmp_path, [], start_on="file"), COMPOUND)
    with pytest.raises(ConfigError, match="no start file"):
        theatre.runner(waiting, None)
    wrong = load_scenario(_file(tmp_path, [{**SET, "point": "Temperature/Room"}]), COMPOUND)
    with pytest.raises(ConfigError, match="cannot be set"):
        theatre.runner(wrong, None)
