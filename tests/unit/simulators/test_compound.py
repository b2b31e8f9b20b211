"""The compound file: the default one, and mistakes in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundation.errors import ConfigError
from simulators.compound import COUNTY, Compound, load_compound


def test_the_default_compound_is_the_one_of_the_demonstration() -> None:
    compound = load_compound()
    profiles = Counter(device.profile for device in compound.devices)
    assert (compound.group, compound.node, compound.institution.id) == ("demo-county", "edge-1", "demo-county-office")
    assert [building.id for building in compound.buildings] == ["building-a", "building-b", "building-c"]
    assert profiles == {
        "acrel.adl400": 3,
        "eastron.sdm630": 24,
        "intesis.ac": 6,
        "kmtronic.relay8": 3,
        "tuf.tuf2000m_water": 4,
        "generic.weather_json": 1,
    }
    assert [camera.id for camera in compound.cameras] == [
        "cam-gate", "cam-lobby", "cam-canteen", "cam-dataroom", "cam-parking", "cam-archive"
    ]  # fmt: skip
    assert [vehicle.id for vehicle in compound.vehicles] == [f"car-{number:02d}" for number in range(1, 9)]
    assert [len(compound.units(bus.id)) for bus in compound.buses] == [14, 13, 13]


Spoil = Callable[[dict[str, Any]], object]
MISTAKES: dict[str, tuple[Spoil, str, str]] = {
    "unknown key": (lambda c: c["buildings"][0].update(colour="red"), "buildings.0.colour", "Extra inputs"),
    "shares": (lambda c: c["buildings"][0]["shares"].update({"01A": 0.9}), "buildings.0", "add up to 1.56"),
    "language": (lambda c: c["devices"][0]["name"].pop("en"), "devices.0.name", "exactly the languages"),
    "bus": (lambda c: c["devices"][0].update(bus="bus-x"), "file", "unknown bus bus-x"),
    "building": (lambda c: c["cameras"][0].update(building="building-x"), "file", "unknown building building-x"),
    "twice": (lambda c: c["vehicles"][0].update(id="cam-gate"), "file", "device cam-gate is given twice"),
    "unit twice": (lambda c: c["devices"][1].update(unit=1), "file", "unit bus-a/1 is given twice"),
    "no place": (lambda c: c["devices"][0].pop("bus"), "devices.0", "needs bus and unit, or an address"),
    "no port to call": (lambda c: c["buses"][0].update(link="dial_in"), "buses.0", "calls_port belongs to"),
    "heartbeat": (lambda c: c["buses"][0].update(heartbeat="x"), "buses.0", "only a DTU"),
    "loop": (lambda c: c["vehicles"][0].update(loop=[[0, 0], [0, 0]]), "vehicles.0", "same corner twice"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_by_file_key_and_reason(mistake: str, tmp_path: Path) -> None:
    spoil, key, reason = MISTAKES[mistake]
    content = yaml.safe_load(COUNTY.read_text("utf-8"))
    spoil(content)
    path = tmp_path / "compound.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_compound(path)
    assert caught.value.file == str(path)
    assert caught.value.key == key
    assert reason in caught.value.reason


def test_every_area_a_person_may_not_enter_is_marked() -> None:
    compound: Compound = load_compound()
    alerts = {(camera.id, zone.id) for camera in compound.cameras for zone in camera.zones if zone.alert}
    assert alerts == {("cam-dataroom", "data-room"), ("cam-archive", "archive")}
