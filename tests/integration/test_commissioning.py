"""Search and identification on real sockets: pretend devices of many makes behind one address, and on one wire."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile
from edge_agent.commissioning.identify import Verdict
from edge_agent.commissioning.place import LANGUAGES, Crowd, Language, Place
from edge_agent.commissioning.report import FoundUnit, as_json, lines
from edge_agent.commissioning.session import bus_alone, language_names, line_bus, probe, scan, unit_numbers
from edge_agent.lock import LOCK_FILE
from edge_agent.site_lines import LineBus, ModbusTcpBus, SerialOverTcpBus
from foundation.clock import SystemClock
from foundation.disk import held
from foundation.errors import ConfigError, LinkError
from foundation.rng import SeededRng
from simulators.cjt188_meter import Cjt188Meter
from simulators.devices import FixedDevice
from simulators.dlt645_meter import Dlt645Meter
from simulators.modbus_device import Fault, FaultKind, ModbusUnit
from simulators.modbus_server import ModbusEndpoint
from simulators.plausible import plausible_values
from simulators.rtu_unit import RtuUnit
from simulators.serial_wire import SerialWire, WireServer
from simulators.words import Content
from tests.support.profiles import site_of
from tests.support.tree import ROOT

CATALOGUE = load_catalogue()
CLOCK = SystemClock()
MODBUS = [profile for profile in CATALOGUE.all() if profile.driver == "modbus"]


def unit_of(profile_id: str, values: dict[str, Content] | None = None) -> ModbusUnit:
    profile = CATALOGUE.get(profile_id)
    model = FixedDevice({**plausible_values(profile), **(values or {})})
    params = {name: Decimal(1) for name in profile.params}
    return ModbusUnit(profile, model, CLOCK, SeededRng(1), params)


def tcp_bus(port: int, host: str = "127.0.0.1") -> LineBus:
    return ModbusTcpBus(id="line", kind="modbus_tcp", host=host, port=port)


async def found_on(
    bus: LineBus, units: Sequence[int], languages: Sequence[Language] = LANGUAGES
) -> dict[str, FoundUnit]:
    search = scan(bus, CATALOGUE, units, CLOCK, languages=languages)
    return {str(found.place): found async for found in search if not isinstance(found, Crowd)}


@pytest.mark.parametrize("profile", MODBUS, ids=[profile.id for profile in MODBUS])
async def test_every_modbus_model_is_recognised_among_all_profiles(profile: Profile) -> None:
    async with ModbusEndpoint({1: unit_of(profile.id)}) as endpoint:
        found = await probe(tcp_bus(endpoint.port), CATALOGUE, Place(unit=1), CLOCK)
    assert found.best is not None
    assert found.best.profile.id == profile.id
    wanted = Verdict.MATCHES if profile.probe or profile.sunspec else Verdict.POSSIBLE
    assert found.best.verdict is wanted, found.best.reason
    assert {one.profile.id for one in found.candidates} == {one.id for one in MODBUS}


async def test_the_three_maps_sold_as_adl400_are_told_apart_on_one_bus() -> None:
    maps = {3: "acrel.adl400", 7: "acrel.adl400n_ct", 11: "acrel.adl400_primary"}
    async with ModbusEndpoint({unit: unit_of(name) for unit, name in maps.items()}) as endpoint:
        found = await found_on(tcp_bus(endpoint.port), range(1, 13))
    assert {place: one.best.profile.id for place, one in found.items() if one.best} == {
        f"unit {unit}": name for unit, name in maps.items()
    }
    for one in found.values():
        acrel = {c.profile.id: c.verdict for c in one.candidates if c.profile.id.startswith("acrel.adl400")}
        assert sorted(acrel.values()) == [Verdict.MATCHES, Verdict.DIFFERS, Verdict.DIFFERS]


async def test_a_device_that_reads_zeros_everywhere_is_taken_for_nothing() -> None:
    class Zeros(ModbusUnit):
        def read(self, table: str, address: int, count: int) -> list[int]:
            return [0] * count

    profile = CATALOGUE.get("intesis.ac")
    unit = Zeros(profile, FixedDevice(plausible_values(profile)), CLOCK, SeededRng(1))
    async with ModbusEndpoint({1: unit}) as endpoint:
        found = await probe(tcp_bus(endpoint.port), CATALOGUE, Place(unit=1), CLOCK)
    assert not [one.profile.id for one in found.candidates if one.verdict is Verdict.MATCHES]


async def test_units_that_are_dead_or_not_there_are_passed_over_and_a_refusal_is_a_sign_of_life() -> None:
    dead, refusing = unit_of("eastron.sdm630"), unit_of("eastron.sdm630")
    dead.inject(Fault(FaultKind.DEAD))
    refusing.inject(Fault(FaultKind.REFUSES, 4))
    async with ModbusEndpoint({1: unit_of("eastron.sdm120"), 2: dead, 4: refusing}) as endpoint:
        found = await found_on(tcp_bus(endpoint.port), [1, 2, 3, 4])
        connections = endpoint.connection_count
    assert list(found) == ["unit 1", "unit 4"]
    assert found["unit 4"].best is None
    assert connections == 1
    assert "  no profile fits" in list(lines(found["unit 4"], "en"))


async def test_nothing_is_written_to_a_device_that_is_looked_at() -> None:
    unit = unit_of("kmtronic.relay8")
    async with ModbusEndpoint({1: unit}) as endpoint:
        await found_on(tcp_bus(endpoint.port), [1])
    assert unit.request_count > 0
    assert {request.function for request in unit.requests} <= {1, 2, 3, 4}


async def test_a_wire_with_modbus_and_a_dlt645_meter_tells_both() -> None:
    meter = Dlt645Meter(
        "000000123456",
        {
            "Voltage/L1": Decimal("230.1"), "Voltage/L2": Decimal("229.9"), "Voltage/L3": Decimal("231.0"),
            "Frequency": Decimal("50.01"),
        },
    )  # fmt: skip
    async with WireServer(SerialWire([RtuUnit(5, unit_of("acrel.adw300")), meter])) as server:
        bus = SerialOverTcpBus(id="wire", kind="serial_over_tcp", host=server.host, port=server.port, settle_ms=20)
        found = await found_on(bus, [4, 5], ["modbus", "dlt645"])
    assert list(found) == ["unit 5", "address 000000123456"]
    assert found["unit 5"].best is not None
    assert found["unit 5"].best.profile.id == "acrel.adw300"
    assert {one.profile.driver for one in found["address 000000123456"].candidates} == {"dlt645"}


async def test_a_water_meter_among_others_is_probed_by_its_address() -> None:
    wanted = Cjt188Meter("0000000000ABCD", 0x11, {"Volume/Positive": 51.5, "Volume/Settlement": 50.0})
    other = Cjt188Meter("00000000000042", 0x11, {"Volume/Positive": 1.0, "Volume/Settlement": 1.0})
    async with WireServer(SerialWire([RtuUnit(5, unit_of("acrel.adw300")), other, wanted])) as server:
        site = site_of(
            [{"id": "wire", "kind": "serial_over_tcp", "host": server.host, "port": server.port, "settle_ms": 20}],
            [{"id": "flat", "bus": "wire", "profile": "generic.cjt188_water", "address": "0000000000abcd"}],
        )
        place = Place(address=wanted.address)
        found = await probe(line_bus(site, "wire"), CATALOGUE, place, CLOCK, devices=site.devices)
    assert next(lines(found, "en")) == "address 0000000000ABCD type 11H  (installed as flat, generic.cjt188_water)"
    told = as_json(found)
    assert told["candidates"][0]["profile"] == "generic.cjt188_water"
    assert (told["values"]["Volume/Positive"], told["params"]["meter_type"]) == ("51.5 m3", 0x11)


async def test_values_and_suspicions_are_shown_as_the_display_shows_them() -> None:
    reversed_l2 = {
        "Voltage/L1": 230.0, "Voltage/L2": 230.0, "Voltage/L3": 230.0,
        "Current/L1": 10.0, "Current/L2": 10.0, "Current/L3": 10.0,
        "Power/Active/L1": 2200.0, "Power/Active/L2": -2200.0, "Power/Active/L3": 2200.0, "Power/Active/Total": 2200.0,
    }  # fmt: skip
    async with ModbusEndpoint({1: unit_of("schneider.iem3000", dict(reversed_l2))}) as endpoint:
        found = await probe(tcp_bus(endpoint.port), CATALOGUE, Place(unit=1), CLOCK)
    told = as_json(found)
    assert told["values"]["Power/Active/L2"] == "-2.2 kW"
    assert told["values"]["Voltage/L1"] == "230 V"
    assert told["suspicions"] == ["reversed_current"]
    assert any("L2" in line and line.strip().startswith("!") for line in lines(found, "en"))
    assert any("互感器可能接反" in line for line in lines(found, "zh-CN"))
    json.dumps(told)


async def test_an_installed_device_is_named_and_read_with_its_own_ratio() -> None:
    values: dict[str, Content] = {
        "Voltage/L1": 230.0, "Voltage/L2": 230.0, "Voltage/L3": 230.0,
        "Current/L1": 4.0, "Current/L2": 4.0, "Current/L3": 4.0,
        "Power/Active/L1": 900.0, "Power/Active/L2": 900.0, "Power/Active/L3": 900.0, "Power/Active/Total": 2700.0,
    }  # fmt: skip
    async with ModbusEndpoint({1: unit_of("acrel.adl400", values), 2: unit_of("acrel.adl400", values)}) as endpoint:
        site = site_of(
            [{"id": "line", "kind": "modbus_tcp", "host": endpoint.host, "port": endpoint.port}],
            [{"id": "main", "bus": "line", "unit": 1, "profile": "acrel.adl400", "params": {"ct": 60}}],
        )
        bus = line_bus(site, "line")
        found = [one async for one in scan(bus, CATALOGUE, [1, 2], CLOCK, devices=site.devices)]
    installed, new = found
    assert isinstance(installed, FoundUnit)
    assert isinstance(new, FoundUnit)
    assert next(lines(installed, "en")) == "unit 1  (installed as main, acrel.adl400)"
    assert as_json(installed)["values"]["Current/L1"] == "240 A"
    assert as_json(installed)["suspicions"] == []
    assert as_json(new)["device"] is None
    assert as_json(new)["values"]["Current/L1"] == "4 A"
    assert as_json(new)["suspicions"] == ["ct_not_set"]


async def test_a_bus_that_cannot_be_reached_is_an_error_and_no_empty_bus(unused_tcp_port: int) -> None:
    with pytest.raises(LinkError):
        await found_on(tcp_bus(unused_tcp_port), [1])


def test_a_running_agent_keeps_its_bus(tmp_path: Path) -> None:
    lock = tmp_path / LOCK_FILE
    modbus = tcp_bus(502)
    wire = SerialOverTcpBus(id="wire", kind="serial_over_tcp", host="127.0.0.1", port=4001)
    with held(lock, "edge agent"):
        for bus, force in ((modbus, False), (wire, False), (wire, True)):
            with pytest.raises(ConfigError, match="agent of this site is running"), bus_alone(bus, lock, force=force):
                pass
        with bus_alone(modbus, lock, force=True):
            pass
    with bus_alone(wire, lock, force=False), pytest.raises(ConfigError), held(lock, "edge agent"):
        pass


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1-3,9", [1, 2, 3, 9]), ("7", [7]), ("5,1-2,2", [1, 2, 5]), ("247-255", list(range(247, 256)))],
)
def test_units_are_told_as_people_write_them(text: str, numbers: list[int]) -> None:
    assert unit_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "3-1", "0-256", "1-", "-5", "1--2", "²", "1000"])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="units"):
        unit_numbers(text)


def test_languages_are_told_by_their_names() -> None:
    assert language_names("cjt188, modbus") == ["modbus", "cjt188"]
    with pytest.raises(ConfigError, match="languages: 'knx' is not one of modbus, dlt645, cjt188"):
        language_names("modbus,knx")


async def test_the_commands_answer_over_a_real_socket(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    async with ModbusEndpoint({1: unit_of("acrel.adl400"), 2: unit_of("waveshare.relay8")}) as endpoint:
        content = {
            "schema": "xietong.site/1", "group": "g", "node": "n", "data_dir": "data", "devices": [],
            "buses": [
                {"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "port": endpoint.port},
                {"id": "cameras", "kind": "mqtt"},
            ],
        }  # fmt: skip
        site.write_text(yaml.safe_dump(content), encoding="utf-8")
        scanned = await answer(
            "edge", "scan", "--site", site, "--bus", "line", "--units", "1-3", "--json", "--languages", "modbus"
        )
        probed = await answer("profile", "probe", "--host", "127.0.0.1", "--port", endpoint.port, "--unit", 2)
    assert scanned[0] == 0, scanned
    told = json.loads(scanned[1])
    assert [one["unit"] for one in told] == [1, 2]
    assert [one["candidates"][0]["profile"] for one in told] == ["acrel.adl400", "waveshare.relay8"]
    assert probed[0] == 0, probed
    assert probed[1].splitlines()[1].split()[:2] == ["matches", "waveshare.relay8"]
    assert "differs   acrel.adl400 " in probed[1]
    code, _, error = await answer("edge", "scan", "--site", site, "--bus", "cameras")
    assert (code, error.strip()) == (2, "xietong: command line: bus: devices on cameras (mqtt) report by themselves")


def test_a_bus_of_another_site_is_not_found() -> None:
    site = site_of([{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1"}], [])
    assert line_bus(site, "line").id == "line"
    with pytest.raises(ConfigError, match="'x' is not a bus of this site: line"):
        line_bus(site, "x")


async def answer(*arguments: object) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "xietong.py"), *map(str, arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()
