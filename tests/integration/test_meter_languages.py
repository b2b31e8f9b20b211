"""Meters of three languages on one pretend RS-485 line, read by site file, poller and profiles as shipped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile
from edge_agent.acquisition.poller import Poller
from edge_agent.drivers.cjt188 import question as cjt188_question
from edge_agent.drivers.dlt645.question import AddressQuestion
from edge_agent.drivers.line.exchange import Pace
from edge_agent.drivers.line.line import Line
from foundation.clock import SystemClock
from foundation.errors import DeviceError
from foundation.link import tcp_dial
from foundation.rng import SeededRng
from gateway.messages import Quality
from simulators.cjt188_meter import COLD_WATER, HEAT, Cjt188Meter
from simulators.devices import FixedDevice
from simulators.dlt645_meter import Dlt645Meter
from simulators.modbus_device import Fault, FaultKind, ModbusUnit
from simulators.plausible import plausible_values
from simulators.profile_server import serve_one
from simulators.rtu_unit import RtuUnit
from simulators.serial_wire import SerialWire, WireServer, WireTerminal
from tests.support.polled import polled
from tests.support.profiles import catalogue_of, site_of
from tests.support.recording_intake import RecordingIntake

CATALOGUE = load_catalogue()
TIMEOUT_MS = 150
NOISE = bytes.fromhex("00 68 FF 68 16 FE")
ADDRESSES = {"main": "202511250042", "flat": "000000000161", "water": "78330011223344", "heat": "11110000345678"}
PROFILES = {
    "panel": "eastron.sdm630",
    "main": "generic.dlt645_three_phase",
    "flat": "generic.dlt645_single_phase",
    "water": "generic.cjt188_water",
    "heat": "generic.cjt188_heat",
}
ALONE = [PROFILES["main"], PROFILES["flat"], PROFILES["water"], PROFILES["heat"], "generic.cjt188_gas"]
MAIN = {
    "Voltage/L1": 230.1, "Voltage/L2": 229.8, "Voltage/L3": 231.5,
    "Current/L1": -2.174, "Current/L2": 4.348, "Current/L3": None,
    "Power/Active/Total": 1.2345, "Power/Active/L1": -0.5, "Power/Active/L2": 1.0, "Power/Active/L3": 0.7345,
    "Power/Reactive/Total": 0.1, "PowerFactor/Total": -0.987, "Frequency": 49.98,
    "Energy/Active/Import": 123456.78, "Energy/Active/Export": 0.01,
}  # fmt: skip
FLAT = {
    "Voltage/L1": 219.9, "Current/L1": 10.5, "Power/Active/Total": 2.3001, "PowerFactor/Total": 0.999,
    "Frequency": 50.02, "Energy/Active/Import": 999999.99, "Energy/Active/Export": 0.0,
}  # fmt: skip
EXPECTED: dict[tuple[str, str], Any] = {
    ("panel", "Power/Active/Total"): 12_500.0,
    ("main", "Voltage/L3"): 231.5,
    ("main", "Current/L1"): -130.44,
    ("main", "Current/L3"): None,
    ("main", "Power/Active/Total"): 74_070.0,
    ("main", "Power/Active/L1"): -30_000.0,
    ("main", "Energy/Active/Import"): 7_407_406_800,
    ("flat", "Power/Active/Total"): 2_300.1,
    ("flat", "Energy/Active/Import"): 999_999_990,
    ("water", "Volume/Positive"): 556_677_120,
    ("water", "Status/Meter"): 0x8421,
    ("heat", "Energy/Heat"): 444_444_408_000,
    ("heat", "Flow"): 1_234.5,
    ("heat", "Temperature/Return"): 50.1,
}


@dataclass
class Building:
    """Five units, and the wire they share."""

    panel: RtuUnit
    main: Dlt645Meter
    flat: Dlt645Meter
    water: Cjt188Meter
    heat: Cjt188Meter
    wire: SerialWire


def building(**wire: Any) -> Building:
    sdm630 = CATALOGUE.get(PROFILES["panel"])
    model = FixedDevice({**plausible_values(sdm630), "Power/Active/Total": 12_500.0})
    panel = RtuUnit(3, ModbusUnit(sdm630, model, SystemClock(), SeededRng(1)))
    main = Dlt645Meter(ADDRESSES["main"], MAIN, most_data=5)
    flat = Dlt645Meter(ADDRESSES["flat"], FLAT)
    volumes = {"Volume/Positive": 556_677.12, "Volume/Settlement": 500_000.0}
    water = Cjt188Meter(ADDRESSES["water"], COLD_WATER, volumes, 0x8421)
    heat = Cjt188Meter(
        ADDRESSES["heat"],
        HEAT,
        {"Energy/Heat": 123_456.78, "Power/Heat": 45.67, "Flow": 1.2345, "Volume/Positive": 78.9,
         "Temperature/Supply": 75.25, "Temperature/Return": 50.1, "Hours": 1234},
    )  # fmt: skip
    return Building(panel, main, flat, water, heat, SerialWire([panel, main, flat, water, heat], **wire))


def impatient(profile: Profile) -> Profile:
    """The shipped profile, asked without rest and given up soon."""
    link = profile.link.model_copy(update={"timeout_ms": TIMEOUT_MS, "inter_request_ms": 0})
    return profile.model_copy(update={"link": link})


@contextlib.asynccontextmanager
async def polling(bus: dict[str, Any], *names: str, **device: Any) -> AsyncIterator[RecordingIntake]:
    site = site_of(
        [{"id": "line", "settle_ms": 20, **bus}],
        [
            {"id": name, "bus": "line", "profile": PROFILES[name]}
            | ({"unit": 3} if name == "panel" else {"address": ADDRESSES[name]})
            | ({"params": {"ct": 60}} if name == "main" else {})
            | device
            for name in names or PROFILES
        ],
        poll={"fast_s": 0.1, "normal_s": 0.1, "slow_s": 0.1},
    )
    catalogue = catalogue_of(*(impatient(CATALOGUE.get(one)) for one in [*PROFILES.values(), *ALONE]))
    async with polled(site, catalogue) as (_, intake):
        yield intake


def over_tcp(server: WireServer) -> dict[str, Any]:
    return {"kind": "serial_over_tcp", "host": server.host, "port": server.port}


@pytest.mark.parametrize("wire", [{}, {"has_echo": True, "noise": NOISE}], ids=["quiet", "echo and noise"])
async def test_three_languages_share_a_serial_server(wire: dict[str, Any]) -> None:
    house = building(**wire)
    # An echo of a Modbus request is no Modbus answer: adapters that echo are for meters only.
    names = [name for name in PROFILES if name != "panel" or not wire]
    async with WireServer(house.wire) as server, polling(over_tcp(server), *names) as intake:
        await intake.until(lambda: all(intake.values(one, point) for one, point in EXPECTED if one in names))
        for (device, point), value in EXPECTED.items():
            if device in names:
                assert_read(intake, device, point, value)
    assert {(one, "found") for one in names} == set(intake.life)


async def test_three_languages_share_a_serial_port() -> None:
    with WireTerminal(building().wire) as terminal:
        bus = {"kind": "serial", "port": terminal.path, "baud": 115_200, "format": "8E1"}
        async with polling(bus) as intake:
            await intake.until(lambda: all(intake.values(device, point) for device, point in EXPECTED))
        for (device, point), value in EXPECTED.items():
            assert_read(intake, device, point, value)


def assert_read(intake: RecordingIntake, device: str, point: str, value: Any) -> None:
    for reading in intake.values(device, point):
        assert type(reading.value) is type(value), (device, reading)
        assert reading.value == (value if value is None else pytest.approx(value, rel=1e-6)), (device, reading)
        assert reading.quality is Quality.GOOD, (device, reading)


@pytest.mark.parametrize("dead", ["panel", "main", "water"])
async def test_a_dead_meter_disturbs_no_other(dead: str) -> None:
    house = building()
    others = [name for name in PROFILES if name != dead]
    async with WireServer(house.wire) as server, polling(over_tcp(server)) as intake:
        await intake.until(lambda: len(intake.life) == len(PROFILES))
        kill(house, dead)
        await intake.until(lambda: (dead, "timeout") in intake.life)
        polls = len(intake.polls)
        await intake.until(lambda: {one for one, _, _ in intake.polls[polls:]} == set(others))
        for (device, point), value in EXPECTED.items():
            if device != dead:
                assert_read(intake, device, point, value)
    assert [life for life in intake.life if life[1] != "found"] == [(dead, "timeout")]


def kill(house: Building, name: str) -> None:
    if name == "panel":
        house.panel.unit.inject(Fault(FaultKind.DEAD))
    elif name == "main":
        house.main.is_dead = True
    else:
        house.water.is_dead = True


async def test_values_under_one_identifier_share_a_request_and_follow_up_frames() -> None:
    house = building()
    async with WireServer(house.wire) as server, polling(over_tcp(server), "main") as intake:
        await intake.until(lambda: len(intake.polls) >= 1)
        asked = list(house.main.asked)
        readings = {reading.point for reading in intake.polls[0][1]}
    probes = [0x0201FF00, 0x02800002]
    points = [0x00010000, 0x00020000, 0x0201FF00, 0x0202FF00, 0x0203FF00, 0x02040000, 0x02060000, 0x02800002]
    assert asked[: len(probes) + len(points)] == probes + points
    assert readings == set(MAIN)


async def test_what_a_meter_does_not_keep_is_bad_and_the_rest_is_read() -> None:
    house = building()
    house.main.unknown = frozenset({0x00020000, 0x02060000})
    async with WireServer(house.wire) as server, polling(over_tcp(server), "main") as intake:
        await intake.until(lambda: len(intake.polls) >= 1)
    read = {reading.point: reading for reading in intake.polls[0][1]}
    assert (read["Energy/Active/Export"].value, read["Energy/Active/Export"].quality) == (None, Quality.BAD)
    assert (read["PowerFactor/Total"].value, read["PowerFactor/Total"].quality) == (None, Quality.BAD)
    assert read["Frequency"].value == pytest.approx(49.98)


async def test_another_model_under_the_same_address_is_not_believed() -> None:
    house = building()
    # A single-phase meter knows no voltage of a third phase.
    house.main.values = {**MAIN, "Voltage/L3": None}
    async with WireServer(house.wire) as server, polling(over_tcp(server), "main") as intake:
        await intake.until(lambda: bool(intake.life))
    assert intake.life[0] == ("main", "probe")
    assert intake.polls == []


@pytest.mark.parametrize("is_high_first", [False, True])
async def test_identifiers_travel_as_the_maker_sends_them(is_high_first: bool) -> None:
    house = building()
    house.water.is_high_first = is_high_first
    params = {"id_high_first": int(is_high_first)}
    async with WireServer(house.wire) as server, polling(over_tcp(server), "water", params=params) as intake:
        await intake.until(lambda: bool(intake.values("water", "Volume/Positive")))
    assert_read(intake, "water", "Volume/Positive", EXPECTED["water", "Volume/Positive"])
    assert house.water.asked[0][:2] == (b"\x90\x1f" if is_high_first else b"\x1f\x90")


async def test_a_meter_alone_on_a_line_tells_its_address() -> None:
    async with WireServer(SerialWire([building().flat])) as server:
        line = Line("line", tcp_dial(server.host, server.port), SystemClock())
        try:
            assert await line.ask(AddressQuestion("line/any"), Pace(timeout_s=5)) == ADDRESSES["flat"]
            server.wire.units = [building().water]
            found = await line.ask(cjt188_question.AddressQuestion("line/any"), Pace(timeout_s=5))
            assert (found.meter_type, found.address) == (COLD_WATER, ADDRESSES["water"])
        finally:
            await line.close()


async def test_nothing_can_be_written() -> None:
    profile = CATALOGUE.get(PROFILES["flat"])
    async with WireServer(building().wire) as server:
        site = site_of(
            [{"id": "line", **over_tcp(server)}],
            [{"id": "flat", "bus": "line", "profile": profile.id, "address": ADDRESSES["flat"]}],
        )
        poller = Poller(site, catalogue_of(profile), RecordingIntake(), SystemClock(), SeededRng(1))
        with pytest.raises(DeviceError, match="Voltage/L1 cannot be written, dlt645 meters are only read"):
            await poller.write("flat", "Voltage/L1", 230.0)


@pytest.mark.parametrize("profile_id", ALONE)
async def test_a_lone_meter_of_any_profile_can_be_tried_out(profile_id: str) -> None:
    profile = CATALOGUE.get(profile_id)
    told: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_one(profile, unit=42, announce=lambda *place: told.set_result(place)))
    try:
        host, port = await told
        address = "000000000042" if profile.driver == "dlt645" else "00000000000042"
        bus = {"kind": "serial_over_tcp", "host": host, "port": port}
        async with polling(bus, "flat", address=address, profile=profile_id) as intake:
            await intake.until(lambda: bool(intake.polls))
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert intake.life == [("flat", "found")]
    assert all(reading.quality is Quality.GOOD for reading in intake.polls[0][1]), intake.polls[0][1]
