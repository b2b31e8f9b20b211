"""Writes the files with which edge and cloud serve the simulated compound, as an operator would write them by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from demo.layout import Layout
from foundation.disk import replace_file
from foundation.texts import LANGUAGES, Texts
from simulators.compound import Bus, Camera, Compound, SimulatedDevice, Vehicle

HOST = "127.0.0.1"
MQTT_BUS = "broker"
BOX_BUS = "box"
GATEWAY = {"id": "gateway", "name": {"zh-CN": "边缘网关", "en": "Edge gateway"}}
"""The box itself: its health is read like any other device's."""
HOST_ID = "xietong"
FAST_S, NORMAL_S, SLOW_S = 2, 5, 15
SPEED_LIMIT_KMH = "60"

DEPARTMENTS = ("information", "finance", "asset", "real_estate", "vehicle", "energy", "safety", "general")
POSTS = {
    "energy-officer": ("energy_officer", "energy"),
    "auditor": ("auditor", "finance"),
    "dispatcher": ("dispatcher", "general"),
}

# The code of the autonomous region in which the invented county lies (GB/T 2260).
REGION = "450000"
SUPERIOR = "demo-city-office"


def read_bus_ports(layout: Layout) -> dict[str, int]:
    """The ports in the simulators' ready file."""
    buses = json.loads(layout.simulators_ready.read_bytes())["buses"]
    return {bus: int(place["port"]) for bus, place in buses.items()}


def write_cloud(layout: Layout, broker_port: int, http_port: int) -> None:
    """The cloud's settings file."""
    _write(
        layout.cloud,
        {
            "schema": "xietong.cloud/1",
            "data_dir": "cloud",
            "host_id": HOST_ID,
            "broker": {"host": HOST, "port": broker_port},
            "http": {"host": HOST, "port": http_port},
            "institution_files": [layout.institution.name],
            "signing_key_file": layout.command_key.name,
        },
    )


def _way(bus: Bus, port: int) -> dict[str, Any]:
    """How the edge reaches a bus, or who calls it."""
    if bus.link != "dial_in":
        return {"host": HOST, "port": port}
    heartbeat = {"heartbeat": bus.heartbeat} if bus.heartbeat else {}
    return {"listen": HOST, "port": bus.calls_port, "registration": bus.registration or bus.id, **heartbeat}


def write_site(
    layout: Layout, compound: Compound, *, broker_port: int, bus_ports: Mapping[str, int], public_key: str
) -> None:
    """The edge node's site file: every device of the compound on its bus, cameras and trackers on the broker."""
    buses: list[dict[str, Any]] = [
        {"id": bus.id, "kind": bus.link, **_way(bus, bus_ports[bus.id])} for bus in compound.buses
    ]
    buses.append({"id": MQTT_BUS, "kind": "mqtt", "host": HOST, "port": broker_port})
    buses.append({"id": BOX_BUS, "kind": "gateway"})
    _write(
        layout.site,
        {
            "schema": "xietong.site/1",
            "group": compound.group,
            "node": compound.node,
            "broker": {"host": HOST, "port": broker_port},
            "primary_host": HOST_ID,
            "data_dir": "edge",
            "command_keys": [public_key],
            "poll": {"fast_s": FAST_S, "normal_s": NORMAL_S, "slow_s": SLOW_S},
            "buses": buses,
            "devices": [*site_devices(compound), {**GATEWAY, "profile": "xietong.gateway", "bus": BOX_BUS}],
        },
    )


def site_devices(compound: Compound) -> list[dict[str, Any]]:
    """Meters, actuators and sensors, then cameras by their Frigate name, then vehicles by their tracker's topic."""
    devices = [
        _named(device)
        | {
            "bus": device.bus or MQTT_BUS,
            "unit": device.unit,
            "address": device.address,
            "params": {name: str(value) for name, value in device.params.items()},
            "building": device.building,
            "sub_item": device.sub_item,
        }
        for device in compound.devices
    ]
    cameras = [
        _named(camera) | {"bus": MQTT_BUS, "address": camera.id, "building": camera.building}
        for camera in compound.cameras
    ]
    vehicles = [
        _named(vehicle)
        | {
            "bus": MQTT_BUS,
            "address": vehicle.device_address,
            "properties": {"source": "replay", "speed_limit_kmh": SPEED_LIMIT_KMH},
        }
        for vehicle in compound.vehicles
    ]
    return [_given(device) for device in (*devices, *cameras, *vehicles)]


def write_institution(layout: Layout, compound: Compound, texts: Texts) -> None:
    """The institution model: the compound as an administrator would enter it."""
    institution = compound.institution
    _write(
        layout.institution,
        {
            "schema": "xietong.institution/1",
            "id": institution.id,
            "name": dict(institution.name),
            "class": "state_organ",
            "region": REGION,
            "climate_zone": institution.climate_zone,
            "superior": SUPERIOR,
            "compounds": [{"id": compound.group, "name": dict(compound.name)}],
            "buildings": [_building(compound, building.id) for building in compound.buildings],
            "departments": [_department(department, texts) for department in DEPARTMENTS],
            "persons": [
                {"id": person, "role": role, "department": department} for person, (role, department) in POSTS.items()
            ],
            "vehicles": [_vehicle(vehicle) for vehicle in compound.vehicles],
            "devices": _institution_devices(compound),
        },
    )


def _building(compound: Compound, building_id: str) -> dict[str, Any]:
    building = compound.building(building_id)
    return {
        "id": building.id,
        "compound": compound.group,
        "name": dict(building.name),
        "use": building.use,
        "area_m2": building.area_m2,
        "heated_area_m2": building.heated_area_m2,
        "persons": building.persons,
    }


def _department(department: str, texts: Texts) -> dict[str, Any]:
    key = f"demo.department.{department}"
    return {"id": department, "name": {language: texts(key, language) for language in LANGUAGES}}


def _vehicle(vehicle: Vehicle) -> dict[str, Any]:
    return {
        "id": vehicle.id,
        "name": dict(vehicle.name),
        "energy": "petrol",
        "device": vehicle.id,
        "department": vehicle.department,
    }


def _institution_devices(compound: Compound) -> list[dict[str, Any]]:
    things: list[SimulatedDevice | Camera | Vehicle] = [*compound.devices, *compound.cameras, *compound.vehicles]
    entries = [
        {
            "id": thing.id,
            "compound": compound.group,
            "name": dict(thing.name),
            "building": None if isinstance(thing, Vehicle) else thing.building,
            "department": thing.department,
            "sub_item": thing.sub_item if isinstance(thing, SimulatedDevice) else None,
        }
        for thing in things
    ]
    box = {**GATEWAY, "compound": compound.group, "department": "information"}
    return [*(_given(entry) for entry in entries), box]


def _named(thing: SimulatedDevice | Camera | Vehicle) -> dict[str, Any]:
    return {
        "id": thing.id,
        "profile": thing.profile,
        "department": thing.department,
        "name": dict(thing.name),
        "properties": {"source": "replay"},
    }


def _given(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value not in (None, {})}


def _write(path: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    replace_file(path, text.encode())
