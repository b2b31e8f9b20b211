"""The Poller over real sockets: isolation of dead units, life of devices, commands ahead of polling."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from edge_agent.acquisition.poller import Poller
from foundation.clock import SystemClock
from foundation.errors import DeviceError
from gateway.messages import Quality
from tests.support import modbus_server as misbehaviour
from tests.support.modbus_server import ModbusServer, Unit, echo_unit
from tests.support.polled import polled
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake

PERIOD_S = 0.3
TIMEOUT_MS = 200
POLL = {"fast_s": PERIOD_S, "normal_s": PERIOD_S, "slow_s": PERIOD_S * 2}


def meter(**parts: Any) -> Any:
    points = (register("Power", 10, poll="fast"), register("Voltage", 11), register("Energy", 12, poll="slow"))
    return profile_of(*points, **{"link": {"timeout_ms": TIMEOUT_MS, "retries": 1}, **parts})


@contextlib.asynccontextmanager
async def polling(
    server: ModbusServer, units: list[int], profile: Any
) -> AsyncIterator[tuple[Poller, RecordingIntake]]:
    site = site_of(
        [{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "port": server.port}],
        [{"id": f"meter-{unit}", "bus": "line", "unit": unit} for unit in units],
        poll=POLL,
    )
    async with polled(site, catalogue_of(profile)) as (poller, intake):
        yield poller, intake


def stamps(intake: RecordingIntake, device: str) -> list[float]:
    return [at_s for one, _, at_s in intake.polls if one == device]


async def test_one_dead_unit_among_20_delays_no_other_by_more_than_one_poll() -> None:
    units = list(range(1, 21))
    others = [f"meter-{unit}" for unit in units if unit != 7]
    async with (
        ModbusServer({unit: echo_unit() for unit in units}) as server,
        polling(server, units, meter()) as (poller, intake),
    ):
        await intake.until(lambda: len(intake.life) == 20)
        died_s = time.monotonic()
        server.behaviour[7] = misbehaviour.stay_silent
        await intake.until(lambda: ("meter-7", "timeout") in intake.life)
        await intake.until(lambda: all(len(stamps(intake, meter)) > 20 for meter in others), 20)
        asked = sum(request.unit == 7 and request.at_s > died_s for request in server.requests)
    for one in others:
        after = [at_s for at_s in stamps(intake, one) if at_s > died_s]
        longest = max(later - earlier for earlier, later in itertools.pairwise(after))
        assert longest < 2 * PERIOD_S, f"{one} waited {longest:.3f} s"
    assert [life for life in intake.life if life[1] != "found"] == [("meter-7", "timeout")]
    assert asked <= 6, "two attempts, then probes after 1, 2 and 4 s"
    assert poller.counters["line"]["connects"] == 1


async def test_points_are_polled_by_class_and_slow_ones_ride_along_with_fast_ones() -> None:
    async with ModbusServer({1: echo_unit()}) as server, polling(server, [1], meter()) as (_, intake):
        await intake.until(lambda: len(intake.polls) >= 5)
        polled = [{reading.point for reading in readings} for _, readings, _ in intake.polls[:5]]
    assert polled == [
        {"Power", "Voltage", "Energy"},
        {"Power", "Voltage"},
        {"Power", "Voltage", "Energy"},
        {"Power", "Voltage"},
        {"Power", "Voltage", "Energy"},
    ]
    assert {(request.address, request.count) for request in server.requests} == {(10, 3), (10, 2)}


async def test_readings_are_stamped_when_they_were_read() -> None:
    async with ModbusServer({1: echo_unit()}) as server, polling(server, [1], meter()) as (_, intake):
        begin_ms = SystemClock().now_ms()
        await intake.until(lambda: len(intake.polls) >= 2)
        end_ms = SystemClock().now_ms()
    assert all(begin_ms <= reading.measured_ms <= end_ms for _, readings, _ in intake.polls[:2] for reading in readings)


async def test_a_device_that_falls_silent_is_lost_once_and_its_readings_are_not_repeated() -> None:
    async with (
        ModbusServer({1: echo_unit(), 2: echo_unit()}) as server,
        polling(server, [1, 2], meter()) as (_, intake),
    ):
        await intake.until(lambda: len(intake.life) == 2)
        server.behaviour[1] = misbehaviour.stay_silent
        await intake.until(lambda: ("meter-1", "timeout") in intake.life)
        last = len(intake.values("meter-1", "Power"))
        others = len(intake.values("meter-2", "Power"))
        await intake.until(lambda: len(intake.values("meter-2", "Power")) >= others + 6)
        assert len(intake.values("meter-1", "Power")) == last
        assert intake.life.count(("meter-1", "timeout")) == 1

        del server.behaviour[1]
        await intake.until(lambda: intake.life.count(("meter-1", "found")) == 2)
        await intake.until(lambda: len(intake.values("meter-1", "Power")) > last)
    first_back = [readings for device, readings, _ in intake.polls if device == "meter-1"][last]
    assert {reading.point for reading in first_back} == {"Power", "Voltage", "Energy"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("answer_short", "wrong_reply"),
        ("answer_as_other_unit", "wrong_reply"),
        ("answer_other_function", "wrong_reply"),
        ("answer_garbage", "wrong_reply"),
        ("answer_truncated", "timeout"),
        ("reset_connection", "link"),
    ],
)
async def test_a_misbehaving_device_gives_no_wrong_value_and_heals(name: str, reason: str) -> None:
    async with (
        ModbusServer({1: echo_unit(), 2: echo_unit()}) as server,
        polling(server, [1, 2], meter()) as (_, intake),
    ):
        await intake.until(lambda: len(intake.life) == 2)
        server.behaviour[1] = getattr(misbehaviour, name)
        await intake.until(lambda: ("meter-1", reason) in intake.life)
        others = len(intake.values("meter-2", "Power"))
        await intake.until(lambda: len(intake.values("meter-2", "Power")) >= others + 4)
        del server.behaviour[1]
        await intake.until(lambda: intake.life.count(("meter-1", "found")) == 2)
    expected = {"Power": 10.0, "Voltage": 11.0, "Energy": 12.0}
    for _, readings, _ in intake.polls:
        assert all(reading.value == expected[reading.point] for reading in readings)
    assert ("meter-2", "found") in intake.life
    assert [life for life in intake.life if life[0] == "meter-2"] == [("meter-2", "found")]


async def test_an_endpoint_that_vanishes_and_returns_is_found_again() -> None:
    async with (
        ModbusServer({1: echo_unit(), 2: echo_unit()}) as server,
        polling(server, [1, 2], meter()) as (_, intake),
    ):
        await intake.until(lambda: len(intake.life) == 2)
        await server.stop()
        await intake.until(lambda: {("meter-1", "link"), ("meter-2", "link")} <= set(intake.life))
        await server.start()
        await intake.until(lambda: [life for _, life in intake.life].count("found") == 4)


async def test_a_device_that_is_not_the_model_of_its_profile_is_lost_by_its_probe() -> None:
    probe = [{"read": {"table": "holding", "address": 50, "type": "uint16"}, "scale": "0.1", "range": [45, 65]}]
    unit = echo_unit()
    async with ModbusServer({1: unit}) as server, polling(server, [1], meter(probe=probe)) as (_, intake):
        await intake.until(lambda: bool(intake.life))
        assert intake.life == [("meter-1", "probe")]
        assert intake.polls == []
        assert {request.address for request in server.requests} == {50}
        unit.words["holding", 50] = 500
        await intake.until(lambda: len(intake.polls) > 0)
    assert intake.life == [("meter-1", "probe"), ("meter-1", "found")]


async def test_a_refused_probe_is_no_proof_of_a_device() -> None:
    probe = [{"read": {"table": "holding", "address": 50, "type": "uint16"}, "range": [0, 100]}]
    unit = Unit({("holding", address): 1 for address in range(10, 13)})
    async with ModbusServer({1: unit}) as server, polling(server, [1], meter(probe=probe)) as (_, intake):
        await intake.until(lambda: bool(intake.life))
    assert intake.life == [("meter-1", "refused")]
    assert intake.polls == []


SETPOINT = {
    "name": "Setpoint",
    "table": "holding",
    "address": 40,
    "type": "int16",
    "scale": "0.1",
    "write": "fc6",
    "limits": [0, 100],
    "safe_value": 20,
}


async def test_a_command_is_written_and_read_back_ahead_of_all_polls_that_wait() -> None:
    units = list(range(1, 31))
    async with (
        ModbusServer({unit: echo_unit() for unit in units}) as server,
        polling(server, units, meter(writable=[SETPOINT])) as (poller, intake),
    ):
        await intake.until(lambda: len(intake.life) == 30)
        for unit in units:
            server.behaviour[unit] = _answer_after(0.03)
        asked = len(server.requests)
        await intake.until(lambda: len(server.requests) > asked + 10)
        before = len(server.requests)
        await poller.write("meter-9", "Setpoint", 25.5)
        assert await poller.read_back("meter-9", "Setpoint") == 25.5
        during = server.requests[before:]
    writes = [index for index, request in enumerate(during) if request.is_write]
    assert writes in ([0], [1]), "one request may be under way, no other goes first"
    back = [index for index, request in enumerate(during) if (request.unit, request.address) == (9, 40)]
    assert back[1] - back[0] <= 2
    assert intake.values("meter-9", "Setpoint")[-1].quality is Quality.GOOD


def _answer_after(delay_s: float) -> misbehaviour.Behaviour:
    async def behave(request: misbehaviour.Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(delay_s)
        writer.write(misbehaviour.frame_of(request, pdu))

    return behave


async def test_commands_to_what_does_not_exist_are_device_errors() -> None:
    async with ModbusServer({1: echo_unit()}) as server, polling(server, [1], meter()) as (poller, _):
        with pytest.raises(DeviceError, match="no device"):
            await poller.write("meter-2", "Setpoint", 1.0)
        with pytest.raises(DeviceError, match="no point Setpoint"):
            await poller.read_back("meter-1", "Setpoint")
        with pytest.raises(DeviceError, match="cannot be written"):
            await poller.write("meter-1", "Power", 1.0)
