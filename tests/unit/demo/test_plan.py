"""The demo's files are read by the programs they are written for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.core.department import load_departments
from cloud.core.institution_file import read_institution
from cloud.settings import read_settings
from demo.layout import Layout, claim
from demo.plan import DEPARTMENTS, read_bus_ports, write_cloud, write_institution, write_site
from device_profiles.catalogue import load_catalogue
from edge_agent.site import read_site
from foundation.errors import ConfigError
from foundation.texts import load_texts
from simulators.compound import load_compound

BUSES = {"bus-a": 25020, "bus-b": 25021, "bus-c": 25022}


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    with claim(tmp_path / "data") as layout:
        yield layout


def test_edge_serves_every_device_of_the_compound(layout: Layout) -> None:
    compound = load_compound()
    write_site(layout, compound, broker_port=21883, bus_ports=BUSES, public_key="ed25519:key")
    site = read_site(layout.site, load_catalogue())
    expected = [one.id for one in (*compound.devices, *compound.cameras, *compound.vehicles)]
    assert [device.id for device in site.devices] == [*expected, "gateway"]
    assert site.data_dir / "outbox.db" == layout.outbox
    ports = [bus.port for bus in site.buses if bus.kind in ("mqtt", "modbus_tcp")]
    assert sorted(ports) == [21883, 25020, 25021, 25022]
    assert {device.properties["source"] for device in site.devices[:-1]} == {"replay"}


def test_every_vehicle_has_a_speed_limit(layout: Layout) -> None:
    compound = load_compound()
    write_site(layout, compound, broker_port=21883, bus_ports=BUSES, public_key="ed25519:key")
    by_id = {device.id: device for device in read_site(layout.site, load_catalogue()).devices}
    cruising = {vehicle.id: vehicle.cruise_kmh for vehicle in compound.vehicles}
    assert all(float(by_id[vehicle].properties["speed_limit_kmh"]) > speed for vehicle, speed in cruising.items())


def test_edge_is_told_the_transformer_ratio_of_each_meter(layout: Layout) -> None:
    compound = load_compound()
    write_site(layout, compound, broker_port=21883, bus_ports=BUSES, public_key="ed25519:key")
    site = read_site(layout.site, load_catalogue())
    by_id = {device.id: device for device in site.devices}
    assert by_id["a-main"].params == compound.device("a-main").params != {}


def test_institution_model_holds_the_whole_compound_in_both_languages(layout: Layout) -> None:
    compound = load_compound()
    write_institution(layout, compound, load_texts())
    model = read_institution(layout.institution)
    assert model.institution.institution_id == compound.institution.id
    assert len(model.devices) == len(compound.devices) + len(compound.cameras) + len(compound.vehicles) + 1
    assert {building.area_m2 for building in model.buildings} == {building.area_m2 for building in compound.buildings}
    assert all(department.name["zh-CN"] != department.name["en"] for department in model.departments)


def test_departments_of_the_model_are_those_of_the_cloud(layout: Layout) -> None:
    known = {manifest.id: dict(manifest.name) for manifest in load_departments().all()}
    assert set(DEPARTMENTS) == set(known)
    write_institution(layout, load_compound(), load_texts())
    named = {one.department_id: dict(one.name) for one in read_institution(layout.institution).departments}
    assert named == known


def test_cloud_finds_its_key_and_institution(layout: Layout) -> None:
    write_cloud(layout, broker_port=21883, http_port=28080)
    settings = read_settings(layout.cloud)
    assert settings.signing_key_file == layout.command_key
    assert settings.institution_files == (layout.institution,)
    assert (settings.http.port, settings.broker.port) == (28080, 21883)


def test_bus_ports_are_those_that_the_simulators_took(layout: Layout) -> None:
    places = {bus: {"host": "127.0.0.1", "port": port} for bus, port in BUSES.items()}
    layout.simulators_ready.write_text(json.dumps({"pid": 1, "buses": places}))
    assert read_bus_ports(layout) == BUSES


def test_default_folder_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with claim(None) as layout:
        (layout.folder / "left-over").mkdir()
    with claim(None) as layout:
        assert not (layout.folder / "left-over").exists()
        assert layout.folder == tmp_path / ".demo"


def test_folder_of_the_user_is_continued_without_the_last_runs_signals(tmp_path: Path) -> None:
    with claim(tmp_path) as layout:
        for file in (layout.token, layout.scenario_start, layout.simulators_ready):
            file.touch()
    with claim(tmp_path) as layout:
        assert layout.token.exists()
        assert not layout.scenario_start.exists()
        assert not layout.simulators_ready.exists()


def test_folder_that_no_demo_made_is_never_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    precious = tmp_path / ".demo" / "precious"
    precious.parent.mkdir()
    precious.touch()
    with pytest.raises(ConfigError, match="was not made by the demo"), claim(None):
        pass
    assert precious.exists()


@pytest.mark.parametrize("is_default", [True, False])
def test_two_demos_never_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_default: bool) -> None:
    monkeypatch.chdir(tmp_path)
    folder = None if is_default else tmp_path / "data"
    with claim(folder) as layout:
        layout.token.touch()
        with pytest.raises(ConfigError, match="another demo is using it"), claim(folder):
            pass
        assert layout.token.exists()
