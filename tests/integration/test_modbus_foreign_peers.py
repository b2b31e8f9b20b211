"""Programs of others at the other end: pymodbus' server is read by our driver, `mbpoll` reads our simulators."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer, ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition.poller import Poller
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.rng import SeededRng
from gateway.messages import Quality
from simulators.devices import FixedDevice
from simulators.modbus_device import ModbusUnit
from simulators.modbus_server import ModbusEndpoint
from simulators.plausible import plausible_values
from simulators.profile_server import serve_profile
from simulators.rtu_unit import RtuUnit
from simulators.serial_wire import SerialWire, WireTerminal
from tests.support.certificates import Authority
from tests.support.polled import polled
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake
from tests.support.servers import require

SDM630 = load_catalogue().get("eastron.sdm630")
SETPOINT = {
    "name": "Setpoint", "table": "holding", "address": 20, "type": "uint16", "write": "fc6",
    "limits": [0, 1000], "safe_value": 0,
}  # fmt: skip
FOREIGN = profile_of(
    register("Holding", 10),
    register("Long", 11, "uint32"),
    {**register("Input", 30, "int16"), "table": "input"},
    {"name": "Relay", "table": "coil", "address": 3, "type": "bool", "kind": "state"},
    {"name": "Contact", "table": "discrete", "address": 5, "type": "bool", "kind": "state"},
    writable=[SETPOINT],
)
EXPECTED = {"Holding": 77, "Long": 70_000, "Input": -5, "Relay": True, "Contact": False, "Setpoint": 250}


def foreign_unit(number: int) -> SimDevice:
    words = DataType.REGISTERS
    return SimDevice(
        id=number,
        simdata=(
            [SimData(3, values=[True], datatype=DataType.BITS)],
            [SimData(5, values=[False], datatype=DataType.BITS)],
            [SimData(10, values=[77, 1, 4464], datatype=words), SimData(20, values=[100], datatype=words)],
            [SimData(30, values=[65_531], datatype=words)],
        ),
    )


@contextlib.asynccontextmanager
async def polling(bus: dict[str, Any], profile: Any = FOREIGN) -> AsyncIterator[tuple[Poller, RecordingIntake]]:
    site = site_of(
        [{"id": "line", **bus}],
        [{"id": "device", "bus": "line", "unit": 9, "profile": profile.id}],
        poll={"fast_s": 0.1, "normal_s": 0.1, "slow_s": 0.1},
    )
    async with polled(site, catalogue_of(profile)) as (poller, intake):
        yield poller, intake


async def values_read_after_a_write(bus: dict[str, Any]) -> dict[str, Any]:
    """What a foreign server says of every point, the written one last."""
    async with polling(bus) as (poller, intake):
        await intake.until(lambda: bool(intake.polls))
        await poller.write("device", "Setpoint", 250)
        assert await poller.read_back("device", "Setpoint") == 250
    read = {reading.point: reading for _, readings, _ in intake.polls for reading in readings}
    assert {reading.quality for reading in read.values()} == {Quality.GOOD}
    return {name: reading.value for name, reading in read.items()}


@pytest.mark.parametrize(("framer", "kind"), [(FramerType.SOCKET, "modbus_tcp"), (FramerType.RTU, "serial_over_tcp")])
async def test_a_foreign_server_is_read_and_written(framer: FramerType, kind: str) -> None:
    server = ModbusTcpServer([foreign_unit(9)], framer=framer, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        bus = {"kind": kind, "host": "127.0.0.1", "port": port_of(server)}
        assert await values_read_after_a_write(bus) == EXPECTED
    finally:
        await server.shutdown()


async def test_a_foreign_server_is_read_over_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server_context(authority.issue("server", "127.0.0.1"))
    client = authority.issue("client")
    address = ("127.0.0.1", 0)
    server = ModbusTlsServer([foreign_unit(9)], framer=FramerType.SOCKET, address=address, sslctx=context)
    await server.serve_forever(background=True)
    tls = {"ca_file": authority.ca, "cert_file": client.cert, "key_file": client.key}
    try:
        bus = {"kind": "modbus_tcp", "host": "127.0.0.1", "port": port_of(server), "tls": tls}
        assert await values_read_after_a_write(bus) == EXPECTED
    finally:
        await server.shutdown()


async def test_a_server_that_another_authority_vouches_for_is_not_spoken_to(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path, "Another authority")
    unit = ModbusUnit(SDM630, FixedDevice(plausible_values(SDM630)), SystemClock(), SeededRng(1))
    for ca, names in ((other.ca, "127.0.0.1"), (authority.ca, "elsewhere.example")):
        context = authority.server_context(authority.issue("server", names))
        async with ModbusEndpoint({9: unit}, tls=context) as endpoint:
            tls = {"ca_file": ca}
            bus = {"kind": "modbus_tcp", "host": endpoint.host, "port": endpoint.port, "tls": tls}
            async with polling(bus, SDM630) as (_, intake):
                await intake.until(lambda intake=intake: bool(intake.life))
        assert intake.life == [("device", "link")]
        assert unit.request_count == 0


@pytest.mark.parametrize(
    ("files", "key", "reason"),
    [
        ({"ca_file": "missing.pem"}, "ca_file", "No such file"),
        ({"ca_file": "nonsense.pem"}, "ca_file", "PEM"),
        ({"ca_file": "Test-authority.pem", "cert_file": "missing.pem"}, "cert_file", "No such file"),
        ({"ca_file": "Test-authority.pem", "cert_file": "client.pem", "key_file": "other.key"}, "cert_file", "PEM"),
        ({"ca_file": "Test-authority.pem", "cert_file": "client.pem", "key_file": "missing"}, "key_file", "no such"),
    ],
)
def test_wrong_tls_files_are_named(tmp_path: Path, files: dict[str, str], key: str, reason: str) -> None:
    authority = Authority(tmp_path)
    authority.issue("client")
    authority.issue("other")
    (tmp_path / "nonsense.pem").write_text("no certificate")
    tls = {name: tmp_path / file for name, file in files.items()}
    site = site_of(
        [{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "tls": tls}],
        [{"id": "device", "bus": "line", "unit": 9}],
    )
    with pytest.raises(ConfigError, match=reason) as caught:
        Poller(site, catalogue_of(FOREIGN), RecordingIntake(), SystemClock(), SeededRng(1))
    assert caught.value.key == f"buses.line.tls.{key}"


async def test_mbpoll_reads_our_simulator_over_tcp() -> None:
    program = require("mbpoll")
    volts = {f"Voltage/L{phase}": 230.0 + phase / 2 for phase in (1, 2, 3)}
    async with serve_profile(SDM630, volts, unit=7) as served:
        shown = await mbpoll(program, "-m", "tcp", "-p", str(served.port), "-a", "7", served.host)
    assert shown == {0: 230.5, 2: 231.0, 4: 231.5}


async def test_mbpoll_reads_our_simulator_on_a_serial_line() -> None:
    program = require("mbpoll")
    volts = {f"Voltage/L{phase}": 230.0 + phase / 2 for phase in (1, 2, 3)}
    model = FixedDevice({**plausible_values(SDM630), **volts})
    unit = RtuUnit(7, ModbusUnit(SDM630, model, SystemClock(), SeededRng(1)))
    with WireTerminal(SerialWire([unit])) as terminal:
        shown = await mbpoll(program, "-m", "rtu", "-b", "9600", "-P", "none", "-a", "7", terminal.path)
    assert shown == {0: 230.5, 2: 231.0, 4: 231.5}


async def mbpoll(program: Path, *way: str) -> dict[int, float]:
    """Three floats from input register 0 on, as mbpoll prints them: address -> value."""
    what = ("-t", "3:float", "-B", "-0", "-r", "0", "-c", "3", "-1")
    asking = await asyncio.create_subprocess_exec(
        program, *what, *way, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(20):
        told = (await asking.communicate())[0].decode()
    assert asking.returncode == 0, told
    return {int(address): float(value) for address, value in re.findall(r"^\[(\d+)\]:\s+(\S+)", told, re.MULTILINE)}


def port_of(server: ModbusTcpServer) -> int:
    listener: Any = server.transport
    return int(listener.sockets[0].getsockname()[1])
