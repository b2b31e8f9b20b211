"""Buses whose devices speak by themselves, from the site file to the open source."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.buses import Surroundings, open_bus
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.lines import dial_line
from edge_agent.drivers.mqtt.source import BrokerAddress
from edge_agent.site import Jt808Bus, open_site
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from gateway.mqtt_link import Endpoint
from tests.support.manual_clock import ManualClock
from tests.support.recording_intake import RecordingIntake

TERMINAL = {"id": "car-1", "profile": "jt808.terminal", "bus": "road", "address": "013912345678"}
CAMERA = {"id": "cam-1", "profile": "onvif.camera", "bus": "cameras", "address": "192.0.2.7"}


def surroundings() -> Surroundings:
    return Surroundings("edge-1", RecordingIntake(), ManualClock(), SeededRng(1), dial_line, 300)


def write_site(folder: Path, bus: dict[str, Any], *devices: dict[str, Any]) -> Path:
    path = folder / "site.yaml"
    content = {
        "schema": "xietong.site/1",
        "group": "test",
        "node": "edge-1",
        "data_dir": "data",
        "buses": [bus],
        "devices": list(devices),
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_the_secret_of_terminals_lies_with_the_data_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    site, _ = open_site(write_site(tmp_path, {"id": "road", "kind": "jt808", "port": 0}, TERMINAL))
    (bus,) = site.buses
    assert isinstance(bus, Jt808Bus)
    assert bus.secret_file == tmp_path / "data" / "jt808.secret"
    devices = [InstalledDevice(site.devices[0], load_catalogue().get("jt808.terminal"))]
    opened = open_bus(bus, devices, surroundings())
    assert opened.source is not None
    assert opened.counters()["connections"] == 0
    assert bus.secret_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("address", [None, "", "1391234567x", "1" * 21])
def test_a_terminal_needs_its_number(tmp_path: Path, address: str | None) -> None:
    path = write_site(tmp_path, {"id": "road", "kind": "jt808"}, {**TERMINAL, "address": address})
    with pytest.raises(ConfigError, match="car-1: a JT/T 808 device needs its terminal number"):
        open_site(path)


def test_a_number_is_given_once_however_many_zeros_lead_it(tmp_path: Path) -> None:
    twice = {**TERMINAL, "id": "car-2", "address": "13912345678"}
    with pytest.raises(ConfigError, match="terminal number 13912345678 is given twice"):
        open_site(write_site(tmp_path, {"id": "road", "kind": "jt808"}, TERMINAL, twice))


def test_a_camera_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cam-1: an ONVIF device needs an address"):
        open_site(write_site(tmp_path, {"id": "cameras", "kind": "onvif"}, {**CAMERA, "address": None}))


@pytest.mark.parametrize(
    ("bus", "device"),
    [
        ({"id": "road", "kind": "jt808", "port": 0}, {**TERMINAL, "profile": "owntracks.tracker"}),
        ({"id": "cameras", "kind": "onvif"}, {**CAMERA, "profile": "frigate.camera"}),
        ({"id": "air", "kind": "mqtt"}, {**TERMINAL, "bus": "air"}),
    ],
)
def test_a_device_of_another_language_is_refused(tmp_path: Path, bus: dict[str, Any], device: dict[str, Any]) -> None:
    site, catalogue = open_site(write_site(tmp_path, bus, device))
    devices = [InstalledDevice(one, catalogue.get(one.profile)) for one in site.devices]
    with pytest.raises(ConfigError, match="cannot hang on bus"):
        open_bus(site.buses[0], devices, surroundings())


def test_a_box_without_the_extra_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, catalogue = open_site(write_site(tmp_path, {"id": "cameras", "kind": "onvif"}, CAMERA))
    for name in [name for name in sys.modules if name.startswith("edge_agent.drivers.onvif")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httpx", None)
    devices = [InstalledDevice(site.devices[0], catalogue.get("onvif.camera"))]
    with pytest.raises(ConfigError, match=r"xietong\[onvif\]"):
        open_bus(site.buses[0], devices, surroundings())


def test_no_log_can_show_the_password_of_a_broker() -> None:
    places = (BrokerAddress("host", 1883, "me", "user", "s3cret"), Endpoint("host", 1883, "user", "s3cret"))
    assert not any("s3cret" in repr(place) for place in places)
