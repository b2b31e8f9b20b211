"""The default compound as a physical system."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from device_profiles.catalogue import load_catalogue
from foundation.clock import to_ms
from foundation.errors import ConfigError
from simulators.calendar import SHANGHAI
from simulators.compound import COUNTY, SUB_ITEMS, load_compound
from simulators.plant import SITE_LEAK_L_H, Plant
from simulators.replay import HOUR_MS

CATALOGUE, COMPOUND = load_catalogue(), load_compound()
SETPOINT = "Setpoint/Temperature"
TIMES = {
    "workday noon": to_ms(datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)),
    "sunday night": to_ms(datetime(2026, 1, 18, 3, tzinfo=SHANGHAI)),
    "summer": to_ms(datetime(2026, 7, 15, 15, tzinfo=SHANGHAI)),
}


def _plant(at_ms: int) -> Plant:
    return Plant(COMPOUND, CATALOGUE, at_ms)


def _power(plant: Plant, device: str, at_ms: int) -> float:
    return float(plant.model(device).values(at_ms)["Power/Active/Total"])


@pytest.mark.parametrize("at_ms", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("building", ["a", "b", "c"])
def test_raising_the_set_point_takes_a_quarter_off_the_building_within_ten_seconds(building: str, at_ms: int) -> None:
    plant = _plant(at_ms)
    gateways = [plant.model(f"{building}-ac-{number}") for number in (1, 2)]
    for gateway in gateways:
        gateway.write(SETPOINT, 20, at_ms)
    high = _power(plant, f"{building}-main", at_ms + 60_000)
    for gateway in gateways:
        gateway.write(SETPOINT, 26, at_ms + 60_000)
    after_1s, after_10s = (_power(plant, f"{building}-main", at_ms + 60_000 + ms) for ms in (1_000, 10_000))
    assert after_10s <= 0.75 * high
    assert after_1s > 1.1 * after_10s  # it does not fall at once


def test_switched_off_gateways_take_nearly_all_of_the_air_conditioning() -> None:
    at_ms = TIMES["workday noon"]
    plant = _plant(at_ms)
    before = _power(plant, "a-hvac", at_ms)
    for number in (1, 2):
        plant.model(f"a-ac-{number}").write("Switch", 0, at_ms)
    assert _power(plant, "a-hvac", at_ms + 30_000) < 0.05 * before


def test_in_heating_a_lower_set_point_saves() -> None:
    at_ms = TIMES["workday noon"]
    plant = _plant(at_ms)
    before = _power(plant, "a-hvac", at_ms)
    for number in (1, 2):
        plant.model(f"a-ac-{number}").write("Mode", 1, at_ms)
        plant.model(f"a-ac-{number}").write(SETPOINT, 24, at_ms)
    assert _power(plant, "a-hvac", at_ms + 30_000) < 0.8 * before


def test_an_energised_relay_sheds_its_part_of_the_lighting() -> None:
    at_ms = TIMES["workday noon"]
    plant = _plant(at_ms)
    before = _power(plant, "b-lighting", at_ms)
    for number in range(1, 9):
        plant.model("b-relay").write(f"Relay/{number}", 1, at_ms)
    assert _power(plant, "b-lighting", at_ms + 5_000) == pytest.approx(0.6 * before, rel=0.03)
    plant.model("b-relay").write("Relay/1", 0, at_ms + 5_000)
    assert _power(plant, "b-lighting", at_ms + 10_000) == pytest.approx(0.65 * before, rel=0.03)


def test_the_main_meter_is_the_sum_of_the_sub_items_and_floors_are_part_of_lighting() -> None:
    at_ms = TIMES["summer"]
    plant = _plant(at_ms)
    for building in "abc":
        items = [f"{building}-{name}" for name in ("lighting", "hvac", "power", "special")]
        assert _power(plant, f"{building}-main", at_ms) == pytest.approx(sum(_power(plant, i, at_ms) for i in items))
        floors = sum(_power(plant, f"{building}-floor-{number}", at_ms) for number in range(1, 5))
        assert 0.9 < floors / _power(plant, f"{building}-lighting", at_ms) < 1


def test_loads_are_of_a_believable_size_and_quieter_at_night() -> None:
    plant = _plant(TIMES["workday noon"])
    for building in "abc":
        noon = _power(plant, f"{building}-main", TIMES["workday noon"])
        night = _power(plant, f"{building}-main", TIMES["workday noon"] + 15 * HOUR_MS)
        assert 60_000 < noon < 250_000
        assert night < 0.8 * noon


def test_phases_add_up_and_electrical_quantities_fit_together() -> None:
    values = _plant(TIMES["summer"]).model("a-main").values(TIMES["summer"])
    power = float(values["Power/Active/Total"])
    assert sum(float(values[f"Power/Active/L{phase}"]) for phase in (1, 2, 3)) == pytest.approx(power)
    assert float(values["Power/Apparent/Total"]) * float(values["PowerFactor/Total"]) == pytest.approx(power)
    volt_amperes = sum(float(values[f"Voltage/L{phase}"]) * float(values[f"Current/L{phase}"]) for phase in (1, 2, 3))
    assert volt_amperes == pytest.approx(float(values["Power/Apparent/Total"]))


def test_water_is_drawn_by_people_and_the_compound_meter_sees_all_of_it() -> None:
    at_ms = TIMES["workday noon"]
    plant = _plant(at_ms)
    flows = {name: float(plant.model(name).values(at_ms)["Flow"]) for name in ("a-water", "b-water", "c-water")}
    night = float(plant.model("a-water").values(at_ms + 15 * HOUR_MS)["Flow"])
    assert flows["a-water"] > 5 * night > 0
    assert float(plant.model("site-water").values(at_ms)["Flow"]) == pytest.approx(sum(flows.values()) + SITE_LEAK_L_H)
    day = [float(plant.model("a-water").values(at_ms + hours * HOUR_MS)["Volume/Positive"]) for hours in (-12, 12)]
    assert 0.5 < (day[1] - day[0]) / (260 * 45) < 2


def test_values_lie_inside_what_the_profiles_believe() -> None:
    plant = _plant(TIMES["summer"])
    for device in COMPOUND.devices:
        profile = plant.profile(device)
        if profile.driver != "modbus":
            continue
        values = plant.model(device.id).values(TIMES["summer"])
        for point in profile.all_points:
            if point.range is not None:
                low, high = (point.display_unit.to_base(limit) for limit in point.range)
                assert low <= float(values[point.name]) <= high, (device.id, point.name)


def test_the_state_survives_as_json() -> None:
    at_ms = TIMES["workday noon"]
    first, second = _plant(at_ms), _plant(at_ms + 5_000)
    first.model("a-ac-1").write(SETPOINT, 20, at_ms)
    second.restore(json.loads(json.dumps(first.state(at_ms + 4_000))))
    later = at_ms + 120_000
    for device in ("a-main", "a-hvac", "b-main"):
        assert second.model(device).values(later) == pytest.approx(first.model(device).values(later))
    assert second.model("a-ac-1").values(later)[SETPOINT] == 20


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"profile": "nobody.nothing"}, "devices.a-main.profile"),
        ({"sub_item": "09"}, "devices.a-main.sub_item"),
    ],
)
def test_a_device_that_cannot_be_played_is_named(tmp_path: Path, change: dict[str, str], key: str) -> None:
    content = yaml.safe_load(COUNTY.read_text("utf-8"))
    content["devices"][0] |= change
    path = tmp_path / "compound.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigError) as caught:
        Plant(load_compound(path), CATALOGUE, TIMES["summer"])
    assert caught.value.key == key


def test_sub_items_are_the_four_of_the_guideline() -> None:
    assert all(set(building.shares) == set(SUB_ITEMS) for building in COMPOUND.buildings)


def test_hardly_any_water_runs_at_night_where_nothing_leaks() -> None:
    """Else a watch for leaks would cry every night: the smallest flow of 02-04 against the mean of the day."""
    plant = _plant(TIMES["summer"])
    for device in ("a-water", "b-water", "c-water", "site-water"):
        flow = plant.water(COMPOUND.device(device))
        shares = []
        for day in range(365):
            start = TIMES["sunday night"] - 3 * HOUR_MS + 24 * HOUR_MS * day
            litres = flow.integrals(start + np.arange(0, 24 * 4 + 1, dtype=np.int64) * HOUR_MS // 4)
            flows = np.diff(litres) * 4
            shares.append(float(flows[8:16].min() / flows.mean()))
        assert max(shares) < 0.08, device
