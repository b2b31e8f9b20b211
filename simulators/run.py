"""Runs a whole compound: Modbus endpoints, cameras, vehicles and weather, and the scenario that disturbs them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device_profiles.catalogue import load_catalogue
from foundation.clock import Clock, SystemClock
from foundation.disk import replace_file
from foundation.errors import ConfigError
from foundation.rng import Rng, SeededRng, SystemRng
from simulators.bus_server import BusServer, bus_server
from simulators.compound import load_compound
from simulators.fleet import Fleet
from simulators.frigate_box import FrigateBox
from simulators.frigate_messages import UNAVAILABLE
from simulators.leak_plan import planned_leaks
from simulators.modbus_device import ModbusUnit
from simulators.plant import Plant
from simulators.publisher import BrokerAddress, Message, Publisher, Send
from simulators.scenario import load_scenario
from simulators.scenario_runner import GroundTruth, ScenarioRunner, Stage
from simulators.weather import WeatherStation

SAVE_EVERY_S = 1.0


@dataclass(frozen=True)
class SimulatorOptions:
    """What to play and where.

    `port_base` 0 takes ports from the system; otherwise the buses take port_base, port_base + 1 ... `ready_file` tells
    the process id and the ports, and is there only while the ports are open. `state_file` lets registers, set values,
    odometers and (if still free) ports survive a restart.
    `scenario` is a shipped name or a path; `start_file` is what a scenario with `start_on: file` waits for.
    `platform` is where vehicle terminals of JT/T 808 call. Without a `broker` only Modbus is served.
    A `seed` repeats the comings and goings before the cameras.
    """

    compound: Path | None = None
    scenario: str = "steady"
    broker: BrokerAddress | None = None
    platform: tuple[str, int] | None = None
    modbus_host: str = "127.0.0.1"
    port_base: int = 0
    ready_file: Path | None = None
    truth_file: Path | None = None
    start_file: Path | None = None
    state_file: Path | None = None
    profiles: Path | None = None
    seed: int | None = None


async def serve(options: SimulatorOptions, clock: Clock | None = None) -> None:
    """Play until cancelled. Raises ConfigError for a wrong file or setting, or a fixed port that is taken."""
    simulation = Simulation(options, clock or SystemClock())
    await simulation.run()


class Simulation:
    """One running compound, put together from its options."""

    def __init__(self, options: SimulatorOptions, clock: Clock) -> None:
        self._options, self._clock = options, clock
        rng: Rng = SystemRng() if options.seed is None else SeededRng(options.seed)
        compound = self.compound = load_compound(options.compound)
        scenario = load_scenario(options.scenario, compound)
        leaks = planned_leaks(scenario, clock.now_ms())
        self.plant = Plant(compound, load_catalogue(options.profiles), clock.now_ms(), leaks=leaks)
        self.units = {device.id: self._unit(device.id, rng) for device in compound.devices if device.bus is not None}
        self._publishers: list[Publisher] = []
        self.box = FrigateBox(compound.cameras, self._frigate_publisher(), self._busyness, clock, rng)
        send = self._publisher()
        self.fleet = Fleet(compound.vehicles, compound.geofence, send, clock, platform=options.platform)
        self._stations = [
            WeatherStation(self.plant, device.address, send, clock)
            for device in compound.devices
            if device.address is not None
        ]
        stage = Stage(self.units, self.box, self.fleet, clock)
        self._truth = GroundTruth(options.truth_file)
        self._runner = ScenarioRunner(scenario, stage, self._truth, clock, options.start_file)
        self._ports: dict[str, int] = {}
        self._restore()

    async def run(self) -> None:
        """Listen, tell so in the ready file, and play until cancelled."""
        _remove(self._options.ready_file)
        endpoints = await self._listen()
        try:
            self._save()
            self._tell_ready(endpoints)
            self._truth.write_leaks(self._clock.now_ms(), self.plant.leaks)
            async with asyncio.TaskGroup() as tasks:
                for publisher in self._publishers:
                    tasks.create_task(publisher.run())
                for station in self._stations:
                    tasks.create_task(station.run())
                tasks.create_task(self.box.run())
                tasks.create_task(self.fleet.run())
                tasks.create_task(self._runner.run())
                if self._options.state_file is not None:
                    tasks.create_task(self._save_often(self._options.state_file))
        finally:
            _remove(self._options.ready_file)
            self._save()
            for endpoint in endpoints.values():
                await endpoint.stop()

    def _unit(self, device_id: str, rng: Rng) -> ModbusUnit:
        device = self.compound.device(device_id)
        profile = self.plant.profile(device)
        if profile.driver != "modbus":
            raise ConfigError("compound", f"devices.{device_id}.bus", f"{profile.id} is not a Modbus device")
        return ModbusUnit(profile, self.plant.model(device_id), self._clock, rng, device.params)

    def _busyness(self, building_id: str | None) -> float:
        return self.plant.occupancy(building_id, self._clock.now_ms())

    def _frigate_publisher(self) -> Send:
        if self._options.broker is None:
            return _to_nobody
        publisher = Publisher(
            self._options.broker,
            self._clock,
            will=UNAVAILABLE,
            greetings=self._greetings,
            farewells=[UNAVAILABLE],
        )
        self._publishers.append(publisher)
        return publisher.send

    def _greetings(self) -> list[Message]:
        return self.box.greetings()

    def _publisher(self) -> Send:
        if self._options.broker is None:
            return _to_nobody
        self._publishers.append(Publisher(self._options.broker, self._clock))
        return self._publishers[-1].send

    async def _listen(self) -> dict[str, BusServer]:
        endpoints: dict[str, BusServer] = {}
        host = self._options.modbus_host
        for place, bus in enumerate(self.compound.buses):
            units = {device.unit: self.units[device.id] for device in self.compound.units(bus.id) if device.unit}
            if self._options.port_base:
                endpoint = bus_server(bus, units, host, self._options.port_base + place, self._clock)
                await _start(endpoint, bus.id)
            else:
                endpoint = bus_server(bus, units, host, self._ports.get(bus.id, 0), self._clock)
                await _start_somewhere(endpoint)
            endpoints[bus.id] = endpoint
            self._ports[bus.id] = endpoint.port
        return endpoints

    def _tell_ready(self, endpoints: Mapping[str, BusServer]) -> None:
        if self._options.ready_file is None:
            return
        buses = {name: {"host": endpoint.host, "port": endpoint.port} for name, endpoint in endpoints.items()}
        replace_file(self._options.ready_file, json.dumps({"pid": os.getpid(), "buses": buses}).encode())

    def _restore(self) -> None:
        path = self._options.state_file
        if path is None or not path.exists():
            return
        try:
            state = json.loads(path.read_bytes())
            self.plant.restore(state["plant"])
            self.fleet.restore(state["odometers_km"])
            self._ports = {str(bus): int(port) for bus, port in state["ports"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(path, "file", f"not a state of this compound: {error!r}") from error

    async def _save_often(self, path: Path) -> None:
        while True:
            await self._clock.sleep(SAVE_EVERY_S)
            # Only the writing may leave the loop: the plant belongs to it.
            await asyncio.to_thread(replace_file, path, self._state())

    def _state(self) -> bytes:
        plant, odometers_km = self.plant.state(self._clock.now_ms()), self.fleet.state()
        return json.dumps({"plant": plant, "odometers_km": odometers_km, "ports": self._ports}).encode()

    def _save(self) -> None:
        if self._options.state_file is not None:
            replace_file(self._options.state_file, self._state())


async def _start(endpoint: BusServer, bus_id: str) -> None:
    try:
        await endpoint.start()
    except OSError as error:
        reason = f"{endpoint.host}:{endpoint.port}: {error.strerror or error}"
        raise ConfigError("simulate", f"port of {bus_id}", reason) from error


async def _start_somewhere(endpoint: BusServer) -> None:
    """On the port of the last run if it is still free, so that the edge finds its devices after a restart."""
    try:
        await endpoint.start()
    except OSError:
        endpoint.port = 0
        await endpoint.start()


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)


def _to_nobody(message: Message) -> None:
    """There is no broker."""
