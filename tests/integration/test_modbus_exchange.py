"""ModbusDevice over real sockets: the right registers, few requests, and no wrong value from a misbehaving device."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from edge_agent.drivers.line.line import Line
from edge_agent.drivers.line.unit_health import UnitQuarantined, UnitState
from edge_agent.drivers.modbus.device import ModbusDevice
from edge_agent.drivers.modbus.framing import MbapFraming
from foundation.clock import SystemClock
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError
from foundation.link import tcp_dial
from gateway.messages import Quality
from tests.support import modbus_server as misbehaviour
from tests.support.modbus_server import ModbusServer, Unit, echo_unit
from tests.support.profiles import profile_of, register

TIMEOUT_S = 0.15
FRAMING = MbapFraming()


@pytest.fixture
async def server() -> AsyncIterator[ModbusServer]:
    async with ModbusServer({1: echo_unit(), 2: echo_unit()}) as serving:
        yield serving


@contextlib.asynccontextmanager
async def line_to(server: ModbusServer) -> AsyncIterator[Line]:
    line = Line("bus", tcp_dial("127.0.0.1", server.port), SystemClock())
    try:
        yield line
    finally:
        await line.close()


def device_on(line: Line, unit: int = 1, *points: dict[str, Any], **parts: Any) -> ModbusDevice:
    parts.setdefault("link", {"timeout_ms": int(TIMEOUT_S * 1000), "retries": 0})
    profile = profile_of(*(points or (register("A", 10), register("B", 11))), **parts)
    return ModbusDevice(line, FRAMING, unit, profile, {}, SystemClock())


async def read_all(device: ModbusDevice) -> dict[str, Any]:
    return {reading.point: reading.value for reading in await device.read(device.profile.all_points)}


@pytest.mark.parametrize("table", ["holding", "input"])
async def test_every_register_read_is_the_one_asked_for(table: str) -> None:
    async with ModbusServer({1: echo_unit(table)}) as server, line_to(server) as line:
        points = [{**register(f"P{address}", address), "table": table} for address in (0, 1, 7, 119, 300, 65_535)]
        values = await read_all(device_on(line, 1, *points))
    assert values == {f"P{address}": float(address) for address in (0, 1, 7, 119, 300, 65_535)}


@pytest.mark.parametrize("table", ["coil", "discrete"])
async def test_every_bit_read_is_the_one_asked_for(table: str) -> None:
    bits = {(table, address): int(address in (3, 8, 9)) for address in range(20)}
    points = [
        {"name": f"Relay/{address}", "table": table, "address": address, "type": "bool", "kind": "state"}
        for address in range(2, 12)
    ]
    async with ModbusServer({1: Unit(bits)}) as server, line_to(server) as line:
        values = await read_all(device_on(line, 1, *points))
    assert values == {f"Relay/{address}": address in (3, 8, 9) for address in range(2, 12)}


async def test_200_contiguous_registers_are_read_in_2_requests(server: ModbusServer) -> None:
    async with line_to(server) as line:
        points = [register(f"P{address}", address) for address in range(100, 300)]
        values = await read_all(device_on(line, 1, *points))
    assert values == {f"P{address}": float(address) for address in range(100, 300)}
    assert [(request.address, request.count) for request in server.requests] == [(100, 120), (220, 80)]


async def test_a_refused_block_is_split_once_and_the_split_is_remembered() -> None:
    unit = Unit({("holding", address): address for address in (0, 1, 2, 6, 7)})
    link = {"max_gap": 10, "gap_ok": True, "retries": 0}
    async with ModbusServer({1: unit}) as server, line_to(server) as line:
        device = device_on(line, 1, *(register(f"P{address}", address) for address in (0, 1, 6, 7)), link=link)
        first = await read_all(device)
        asked = len(server.requests)
        assert await read_all(device) == first == {"P0": 0.0, "P1": 1.0, "P6": 6.0, "P7": 7.0}
    assert [(request.address, request.count) for request in server.requests[:asked]] == [(0, 8), (0, 2), (6, 2)]
    assert [(request.address, request.count) for request in server.requests[asked:]] == [(0, 2), (6, 2)]


async def test_a_register_that_the_device_lacks_is_bad_and_the_others_are_read() -> None:
    unit = Unit({("holding", address): address for address in range(8) if address != 5})
    async with ModbusServer({1: unit}) as server, line_to(server) as line:
        device = device_on(line, 1, *(register(f"P{address}", address) for address in range(8)))
        readings = {reading.point: reading for reading in await device.read(device.profile.all_points)}
    assert (readings["P5"].value, readings["P5"].quality) == (None, Quality.BAD)
    assert all(readings[f"P{address}"].value == address for address in range(8) if address != 5)


async def test_a_device_that_refuses_everything_raises_its_refusal() -> None:
    async with ModbusServer({1: Unit()}) as server, line_to(server) as line:
        with pytest.raises(DeviceRefused, match="exception 2"):
            await read_all(device_on(line))


async def test_a_gate_point_is_read_along_with_the_points_it_judges(server: ModbusServer) -> None:
    points = [register("Flow", 10), register("Signal", 200, kind="state", range=[0, 99])]
    gates = [{"when": "Signal", "range": [30, 99], "points": ["Flow"]}]
    async with line_to(server) as line:
        device = device_on(line, 1, *points, gates=gates)
        (flow,) = await device.read([device.profile.point("Flow")])
        assert (flow.value, flow.quality) == (10.0, Quality.BAD)
        server.units[1].words["holding", 200] = 50
        (flow,) = await device.read([device.profile.point("Flow")])
        assert (flow.value, flow.quality) == (10.0, Quality.GOOD)


WRONG = {
    "short": (misbehaviour.answer_short, DeviceReplyWrong),
    "long": (misbehaviour.answer_long, DeviceReplyWrong),
    "other unit": (misbehaviour.answer_as_other_unit, DeviceReplyWrong),
    "other function": (misbehaviour.answer_other_function, DeviceReplyWrong),
    "garbage": (misbehaviour.answer_garbage, DeviceReplyWrong),
    "truncated": (misbehaviour.answer_truncated, DeviceTimeout),
    "other transaction": (misbehaviour.answer_other_transaction, DeviceTimeout),
    "silence": (misbehaviour.stay_silent, DeviceTimeout),
    "late": (misbehaviour.answer_late(TIMEOUT_S * 1.5), DeviceTimeout),
    "reset": (misbehaviour.reset_connection, LinkError),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_misbehaving_device_gives_an_error_and_never_a_value(server: ModbusServer, name: str) -> None:
    behaviour, error = WRONG[name]
    server.behaviour[1] = behaviour
    async with line_to(server) as line:
        with pytest.raises(error):
            await read_all(device_on(line))


@pytest.mark.parametrize("name", WRONG)
async def test_the_next_read_after_a_wrong_answer_gives_the_right_values(server: ModbusServer, name: str) -> None:
    server.behaviour[1] = WRONG[name][0]
    async with line_to(server) as line:
        with pytest.raises((DeviceError, LinkError)):
            await read_all(device_on(line))
        del server.behaviour[1]
        # Other addresses: a late answer to the first question would show as 10 and 11.
        points = [register("A", 500), register("B", 501)]
        assert await read_all(device_on(line, 1, *points)) == {"A": 500.0, "B": 501.0}
        assert await read_all(device_on(line, 2)) == {"A": 10.0, "B": 11.0}


async def test_answers_that_are_always_late_never_become_values_of_other_registers(server: ModbusServer) -> None:
    server.behaviour[1] = misbehaviour.answer_late(TIMEOUT_S * 1.3)
    async with line_to(server) as line:
        for address in range(100, 108):
            line.forgive()
            device = device_on(line, 1, register("A", address))
            with pytest.raises(DeviceTimeout):
                await read_all(device)
            assert await read_all(device_on(line, 2, register("A", 7))) == {"A": 7.0}
        assert line.counters.late_replies > 0
        assert line.counters.connects == 1


async def test_a_connection_closed_while_idle_costs_no_error(server: ModbusServer) -> None:
    async with line_to(server) as line:
        device = device_on(line)
        await read_all(device)
        server.cut()
        while server._writers:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        assert await read_all(device) == {"A": 10.0, "B": 11.0}
        assert line.unit("bus/1").state is UnitState.OK
        assert line.counters.connects == 2


async def test_a_dead_unit_does_not_close_the_connection_that_others_share(server: ModbusServer) -> None:
    server.behaviour[1] = misbehaviour.stay_silent
    async with line_to(server) as line:
        dead, living = device_on(line, 1), device_on(line, 2)
        for _ in range(8):
            line.forgive()
            with pytest.raises(DeviceTimeout):
                await read_all(dead)
            assert await read_all(living) == {"A": 10.0, "B": 11.0}
        assert line.counters.timeouts == 8
        assert line.counters.connects == 1


async def test_a_quarantined_unit_is_not_asked_until_its_probe_is_due(server: ModbusServer) -> None:
    server.behaviour[1] = misbehaviour.stay_silent
    async with line_to(server) as line:
        dead, living = device_on(line, 1), device_on(line, 2)
        await read_all(living)
        for _ in range(2):
            with pytest.raises(DeviceTimeout):
                await read_all(dead)
        asked = len(server.requests)
        with pytest.raises(UnitQuarantined):
            await read_all(dead)
        assert len(server.requests) == asked
        del server.behaviour[1]
        line.forgive()
        assert await read_all(dead) == {"A": 10.0, "B": 11.0}
        assert line.unit("bus/1").state is UnitState.OK


async def test_the_connection_is_made_anew_when_no_unit_answers(server: ModbusServer) -> None:
    async with line_to(server) as line:
        devices = [device_on(line, unit) for unit in (1, 2)]
        for device in devices:
            await read_all(device)
        server.behaviour = {1: misbehaviour.stay_silent, 2: misbehaviour.stay_silent}
        for device in devices:
            with pytest.raises(DeviceTimeout):
                await read_all(device)
        server.behaviour.clear()
        await read_all(devices[0])
        assert line.counters.connects == 2


async def test_an_endpoint_that_was_off_is_dialled_again_and_its_units_are_forgiven() -> None:
    server = ModbusServer({1: echo_unit()})
    await server.start()
    await server.stop()
    async with line_to(server) as line:
        device = device_on(line)
        with pytest.raises(LinkError):
            await read_all(device)
        with pytest.raises(LinkError, match="next attempt in"):
            await read_all(device)
        assert line.unit("bus/1").state is UnitState.OK
        await server.start()
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(LinkError):
                    assert await read_all(device) == {"A": 10.0, "B": 11.0}
                    break
                await asyncio.sleep(0.05)
        await server.stop()


async def test_an_exception_of_the_gateway_counts_as_silence_of_the_unit(server: ModbusServer) -> None:
    server.behaviour[1] = misbehaviour.refuse_with(11)
    async with line_to(server) as line:
        device = device_on(line)
        await read_all(device_on(line, 2))
        for _ in range(2):
            with pytest.raises(DeviceRefused):
                await read_all(device)
        assert line.unit("bus/1").state is UnitState.QUARANTINED


async def test_a_busy_device_is_asked_once_more_before_its_poll_fails(server: ModbusServer) -> None:
    busy_times = iter([True, False, True, True])

    async def busy(request: misbehaviour.Request, pdu: bytes, writer: asyncio.StreamWriter) -> None:
        refusal = bytes([request.function | 0x80, 6])
        writer.write(misbehaviour.frame_of(request, refusal if next(busy_times) else pdu))

    server.behaviour[1] = busy
    async with line_to(server) as line:
        device = device_on(line, link={"timeout_ms": 1000, "retries": 1})
        assert await read_all(device) == {"A": 10.0, "B": 11.0}
        with pytest.raises(DeviceRefused, match="exception 6"):
            await read_all(device)
        assert line.unit("bus/1").state is UnitState.OK


def writable(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "table": "holding", "limits": [0, 1000], "safe_value": 0, **parts}


SETPOINT = [writable("Setpoint", address=40, type="int16", write="fc6")]


async def test_values_are_written_with_the_function_of_the_profile(server: ModbusServer) -> None:
    server.units[1].words.update({("coil", 3): 0})
    points = [
        writable("Setpoint", address=40, type="int16", scale=Decimal("0.1"), write="fc6"),
        writable("Limit", address=42, type="uint32", write="fc16"),
        writable("Relay/1", table="coil", address=3, type="bool", kind="state", write="fc5", limits=[0, 1]),
    ]
    async with line_to(server) as line:
        device = device_on(line, 1, register("A", 10), writable=points)
        for name, value in (("Setpoint", 25.5), ("Limit", 65_537.0), ("Relay/1", 1.0)):
            await device.write(device.profile.point(name), value)
        assert await read_all(device) == {"A": 10.0, "Setpoint": 25.5, "Limit": 65_537.0, "Relay/1": True}
    words = server.units[1].words
    assert [words["holding", address] for address in (40, 42, 43)] == [255, 1, 1]
    assert [request.function for request in server.requests[:3]] == [6, 16, 5]


async def test_a_write_is_never_repeated(server: ModbusServer) -> None:
    server.behaviour[1] = misbehaviour.stay_silent
    link = {"timeout_ms": 100, "retries": 3}
    async with line_to(server) as line:
        device = device_on(
            line,
            1,
            register("A", 10),
            writable=SETPOINT,
            link=link,
        )
        with pytest.raises(DeviceTimeout):
            await device.write(device.profile.point("Setpoint"), 5.0)
    assert len(server.requests) == 1


async def test_an_echo_of_another_value_is_no_proof_of_a_write(server: ModbusServer) -> None:
    async def echo_zero(request: Any, pdu: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(misbehaviour.frame_of(request, pdu[:3] + b"\0\0"))

    server.behaviour[1] = echo_zero
    async with line_to(server) as line:
        device = device_on(line, 1, register("A", 10), writable=SETPOINT)
        with pytest.raises(DeviceReplyWrong, match="echo"):
            await device.write(device.profile.point("Setpoint"), 5.0)


async def test_a_value_that_no_register_holds_and_a_read_only_point_are_not_written(server: ModbusServer) -> None:
    async with line_to(server) as line:
        device = device_on(line, 1, register("A", 10), writable=SETPOINT)
        for name, value in (("Setpoint", 1e6), ("A", 1.0)):
            with pytest.raises(DeviceError):
                await device.write(device.profile.point(name), value)
    assert server.requests == []
