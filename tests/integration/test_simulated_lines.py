"""A compound whose buses are reached in different ways: the demo's site file finds every meter behind each."""

import asyncio
import contextlib
import json
from pathlib import Path

import yaml

from demo.layout import claim
from demo.plan import write_site
from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition.poller import Poller
from edge_agent.site import read_site
from edge_agent.site_lines import LineBus
from foundation.clock import SystemClock
from foundation.rng import SeededRng
from simulators.compound import COUNTY, load_compound
from simulators.run import SimulatorOptions, serve
from tests.support.ports import free_port
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import until


async def test_meters_behind_sockets_serial_servers_and_dtus_are_found(tmp_path: Path) -> None:
    port = free_port()
    ways = [
        {"link": "serial_over_tcp"},
        {"link": "dial_in", "calls_port": port, "heartbeat": "beat"},
        {"link": "dial_in", "calls_port": port, "registration": "ICCID 8986"},
    ]
    content = yaml.safe_load(COUNTY.read_text(encoding="utf-8"))
    content["buses"] = [{**bus, **way} for bus, way in zip(content["buses"], ways, strict=True)]
    path = tmp_path / "compound.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    compound, ready = load_compound(path), tmp_path / "ready.json"
    playing = asyncio.create_task(serve(SimulatorOptions(compound=path, ready_file=ready)))
    try:
        await until(lambda: ready.exists() or playing.done())
        ports = {bus: place["port"] for bus, place in json.loads(ready.read_text())["buses"].items()}
        with claim(tmp_path / "demo") as layout:
            write_site(layout, compound, broker_port=1883, bus_ports=ports, public_key="ed25519:key")
            whole = read_site(layout.site, load_catalogue())
        lines = tuple(bus for bus in whole.buses if isinstance(bus, LineBus))
        on_lines = tuple(device for device in whole.devices if device.bus in {line.id for line in lines})
        site = whole.model_copy(update={"buses": lines, "devices": on_lines})
        intake = RecordingIntake()
        polling = asyncio.create_task(Poller(site, load_catalogue(), intake, SystemClock(), SeededRng(1)).run())
        try:
            await intake.until(lambda: len(intake.life) >= len(on_lines))
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
    finally:
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
    assert {bus.kind for bus in lines} == {"serial_over_tcp", "dial_in"}
    assert sorted(intake.life) == sorted((device.id, "found") for device in on_lines)
