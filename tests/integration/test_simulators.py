"""The simulators over real sockets: Modbus by a plain pymodbus client, MQTT by a real broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest
from pymodbus.client import AsyncModbusTcpClient

from device_profiles.catalogue import load_catalogue
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.rng import SystemRng
from simulators.devices import FixedDevice
from simulators.modbus_device import Fault, FaultKind, ModbusUnit
from simulators.modbus_server import ModbusEndpoint
from simulators.plausible import plausible_values
from simulators.profile_server import serve_one, serve_profile
from simulators.publisher import BrokerAddress
from simulators.run import SimulatorOptions, serve
from tests.support.mosquitto import StartMosquitto
from tests.support.waiting import until

CATALOGUE = load_catalogue()
MAIN, HVAC, AC_1, AC_2 = 1, 3, 10, 11
SET_POINT = 4


class QuickClock:
    """Ten times as fast as the wall."""

    def __init__(self) -> None:
        self._start_ms, self._start_s = time.time_ns() // 1_000_000, time.monotonic()

    def now_ms(self) -> int:
        return self._start_ms + round((time.monotonic() - self._start_s) * 10_000)

    def monotonic(self) -> float:
        return self._start_s + (time.monotonic() - self._start_s) * 10

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


@contextlib.asynccontextmanager
async def _running(options: SimulatorOptions, folder: Path, *, quick: bool = False) -> AsyncIterator[dict[str, int]]:
    """The simulators in a task; gives the ports of the buses once they are ready."""
    ready = folder / "ready.json"
    task = asyncio.create_task(serve(replace(options, ready_file=ready), QuickClock() if quick else None))
    try:
        await until(lambda: ready.exists() or task.done())
        if task.done():
            await task
        yield {name: place["port"] for name, place in json.loads(ready.read_bytes())["buses"].items()}
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def _client(port: int, timeout_s: float = 3.0) -> AsyncIterator[AsyncModbusTcpClient]:
    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=timeout_s, retries=0)
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()


async def _power_kw(client: AsyncModbusTcpClient) -> float:
    """Main power of building A: int32 watts on the secondary side of a 60:1 transformer."""
    reply = await client.read_holding_registers(0x016A, count=2, device_id=MAIN)
    watts: int = struct.unpack(">i", struct.pack(">HH", *reply.registers))[0]
    return watts * 0.001 * 60


async def _energy_kwh(client: AsyncModbusTcpClient) -> float:
    reply = await client.read_holding_registers(0, count=2, device_id=MAIN)
    hundredths: int = struct.unpack(">I", struct.pack(">HH", *reply.registers))[0]
    return hundredths * 0.01 * 60


async def test_a_raised_set_point_lowers_the_power_of_the_building(tmp_path: Path) -> None:
    async with _running(SimulatorOptions(), tmp_path, quick=True) as ports, _client(ports["bus-a"]) as client:
        usual = await _power_kw(client)
        for unit in (AC_1, AC_2):
            await client.write_register(SET_POINT, 20, device_id=unit)
        await asyncio.sleep(3)  # thirty seconds of the quick clock
        high = await _power_kw(client)
        assert high > 1.3 * usual
        for unit in (AC_1, AC_2):
            reply = await client.write_register(SET_POINT, 26, device_id=unit)
            assert not reply.isError()
            assert (await client.read_holding_registers(SET_POINT, count=1, device_id=unit)).registers == [26]
        await asyncio.sleep(1)  # ten seconds
        assert await _power_kw(client) <= 0.75 * high


async def test_every_unit_of_every_bus_answers_in_its_own_table_only(tmp_path: Path) -> None:
    async with _running(SimulatorOptions(), tmp_path) as ports:
        for bus, count in (("bus-a", 14), ("bus-b", 13), ("bus-c", 13)):
            async with _client(ports[bus]) as client:
                # One read over the gaps of the map, as the profile allows.
                assert len((await client.read_input_registers(0, count=76, device_id=HVAC)).registers) == 76
                for unit in range(1, count + 1):
                    asked = [
                        client.read_holding_registers(0, count=1, device_id=unit),
                        client.read_input_registers(0, count=1, device_id=unit),
                        client.read_coils(0, count=1, device_id=unit),
                    ]
                    answers = [await one for one in asked]
                    assert sum(not answer.isError() for answer in answers) == 1
                unknown = await client.read_holding_registers(0, count=1, device_id=99)
                assert unknown.exception_code == 11


async def test_registers_set_points_and_ports_survive_a_restart(tmp_path: Path) -> None:
    options = SimulatorOptions(state_file=tmp_path / "state.json")
    async with _running(options, tmp_path, quick=True) as first, _client(first["bus-a"]) as client:
        await client.write_register(SET_POINT, 20, device_id=AC_1)
        await asyncio.sleep(2)
        before = await _energy_kwh(client)
    async with _running(options, tmp_path) as second, _client(second["bus-a"]) as client:
        assert second == first
        assert (await client.read_holding_registers(SET_POINT, count=1, device_id=AC_1)).registers == [20]
        assert await _energy_kwh(client) >= before


async def test_a_silent_unit_leaves_its_neighbours_on_the_same_connection_alone() -> None:
    profile = CATALOGUE.get("intesis.ac")
    model = FixedDevice(plausible_values(profile))
    units = {number: ModbusUnit(profile, model, SystemClock(), SystemRng()) for number in (1, 2, 3)}
    units[2].inject(Fault(FaultKind.DEAD))
    units[3].inject(Fault(FaultKind.SLOW, 0.3))
    async with ModbusEndpoint(units) as endpoint:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        # Three requests at once: the silent one and the slow one must not hold up the first.
        for transaction, unit in ((7, 2), (8, 3), (9, 1)):
            writer.write(struct.pack(">HHHBBHH", transaction, 0, 6, unit, 3, 4, 1))
        answers = [struct.unpack(">HHHBBBH", await reader.readexactly(11)) for _ in range(2)]
        assert [(answer[0], answer[3], answer[6]) for answer in answers] == [(9, 1, 26), (8, 3, 26)]
        writer.close()
        await writer.wait_closed()
    assert units[2].request_count == 1


async def test_a_foreign_protocol_is_hung_up_on() -> None:
    async with serve_profile(CATALOGUE.get("kmtronic.relay8")) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_a_served_profile_shows_the_values_given_and_counts_its_requests() -> None:
    values = {"Energy/Active/Total": 1_234_570, "Frequency": 49.98}
    async with serve_profile(CATALOGUE.get("acrel.adl400"), values, unit=5) as served, _client(served.port) as client:
        assert (await client.read_holding_registers(0, count=2, device_id=5)).registers == [1, 57_921]
        assert (await client.read_holding_registers(0x77, count=1, device_id=5)).registers == [4998]
        served.set({"Frequency": 50.03})
        assert (await client.read_holding_registers(0x77, count=1, device_id=5)).registers == [5003]
        served.inject("refuses", 6)
        assert (await client.read_holding_registers(0x77, count=1, device_id=5)).exception_code == 6
        served.heal()
        assert [(one.function, one.address, one.count) for one in served.requests] == [
            (3, 0, 2), (3, 0x77, 1), (3, 0x77, 1), (3, 0x77, 1)
        ]  # fmt: skip


async def test_one_profile_is_served_until_cancelled() -> None:
    told: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
    profile = CATALOGUE.get("eastron.sdm630")
    task = asyncio.create_task(serve_one(profile, announce=lambda host, port: told.set_result((host, port))))
    _, port = await asyncio.wait_for(told, 5)
    async with _client(port) as client:
        words = (await client.read_input_registers(0, count=2, device_id=1)).registers
        assert struct.unpack(">f", struct.pack(">HH", *words))[0] == 230
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ConfigError, match="not alone"):
        await serve_one(CATALOGUE.get("frigate.camera"))


async def test_a_fixed_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigError, match="bus-a"):
            await serve(SimulatorOptions(port_base=port))
        with pytest.raises(ConfigError, match="port"):
            await serve_one(CATALOGUE.get("intesis.ac"), port=port)


async def test_a_broken_state_file_is_named(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"plant": 3}', "utf-8")
    with pytest.raises(ConfigError) as caught:
        await serve(SimulatorOptions(state_file=state))
    assert caught.value.file == str(state)


class _Listener:
    """Everything published on a broker, by topic."""

    def __init__(self) -> None:
        self.heard: dict[str, list[str]] = {}

    async def run(self, port: int) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client("127.0.0.1", port) as client:
                    await client.subscribe("#", qos=1)
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        self.heard.setdefault(str(message.topic), []).append(message.payload.decode())
            await asyncio.sleep(0.1)

    def last(self, topic: str) -> str | None:
        return self.heard[topic][-1] if topic in self.heard else None


SCENE = """
schema: xietong.scenario/1
name: {zh-CN: 试, en: trial}
start_on: file
steps:
  - {at_s: 1, for_s: 5, cause: seen, camera: cam-dataroom, zone: data-room}
  - {at_s: 1, for_s: 300, cause: leave_area, vehicle: car-03}
"""


@pytest.mark.server
async def test_cameras_vehicles_and_weather_are_heard_on_a_broker_that_comes_and_goes(
    tmp_path: Path, mosquitto: StartMosquitto
) -> None:
    broker, listener = mosquitto(), _Listener()
    scenario = tmp_path / "scene.yaml"
    scenario.write_text(SCENE, "utf-8")
    options = SimulatorOptions(
        broker=BrokerAddress(broker.host, broker.port), scenario=str(scenario), start_file=tmp_path / "start"
    )
    listening = asyncio.create_task(listener.run(broker.port))
    async with _running(options, tmp_path, quick=True):
        await until(lambda: listener.last("frigate/available") == "online")
        await until(lambda: listener.last("frigate/cam-archive/status/detect") == "online")
        fleet = {f"owntracks/fleet/car-{number:02d}" for number in range(1, 9)}
        await until(lambda: fleet <= set(listener.heard))
        await until(lambda: listener.last("weather/station-1") is not None)
        assert set(json.loads(listener.last("weather/station-1") or "")) == {"temp_c", "rh_pct", "ghi_wm2", "ts"}

        broker.process.kill()
        (tmp_path / "start").touch()  # the causes happen while the broker is away
        await asyncio.sleep(1)
        listener.heard.clear()
        broker.restart()
        await until(lambda: listener.last("frigate/available") == "online")
        await until(lambda: len(listener.heard.get("frigate/reviews", [])) >= 2)
        alerts = [json.loads(text) for text in listener.heard["frigate/reviews"]]
        assert {("alert", "cam-dataroom")} <= {(one["after"]["severity"], one["after"]["camera"]) for one in alerts}
        await until(lambda: listener.last("owntracks/fleet/car-03/event") is not None)
        assert json.loads(listener.last("owntracks/fleet/car-03/event") or "")["event"] == "leave"
    await until(lambda: listener.last("frigate/available") == "offline")
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
