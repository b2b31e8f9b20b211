"""Serial servers that call us: told apart by registration, heartbeats swallowed, replaced by their newer connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from edge_agent.acquisition.poller import Poller
from edge_agent.drivers.line.dial_in import DialInDoor, DialInDoors
from edge_agent.drivers.strangers import SPARE, SPARE_PER_ADDRESS
from foundation.clock import SystemClock
from foundation.errors import ConfigError, LinkError
from foundation.rng import SeededRng
from simulators.devices import FixedDevice
from simulators.dtu import Dtu
from simulators.modbus_device import ModbusUnit
from simulators.rtu_unit import RtuUnit
from simulators.serial_wire import SerialWire
from tests.support.polled import polled
from tests.support.ports import free_port
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake

METER = profile_of(register("Power", 10), link={"timeout_ms": 200, "retries": 1})
PERIOD_S = 0.05
CLOCK = SystemClock()


def dtu(port: int, power: float, **parts: Any) -> Dtu:
    unit = RtuUnit(1, ModbusUnit(METER, FixedDevice({"Power": power}), CLOCK, SeededRng(1)))
    return Dtu(SerialWire([unit]), "127.0.0.1", port, CLOCK, call_again_s=0.05, **parts)


@contextlib.asynccontextmanager
async def polling(port: int, **dtus: dict[str, Any]) -> AsyncIterator[tuple[Poller, RecordingIntake]]:
    way = {"kind": "dial_in", "listen": "127.0.0.1", "port": port}
    site = site_of(
        [{"id": bus, **way, **parts} for bus, parts in dtus.items()],
        [{"id": f"meter-{bus}", "bus": bus, "unit": 1} for bus in dtus],
        poll={"fast_s": PERIOD_S, "normal_s": PERIOD_S, "slow_s": PERIOD_S},
    )
    async with polled(site, catalogue_of(METER)) as (poller, intake):
        yield poller, intake


async def test_dtus_that_share_a_port_are_told_apart_and_their_heartbeats_are_no_replies() -> None:
    port = free_port()
    parts = {"heartbeat": "beat", "heartbeat_s": 0.01}
    async with (
        polling(
            port,
            north={"registration": "DTU-NORTH", "heartbeat": "beat"},
            south={"registration": "hex:4454552D534F555448", "heartbeat": "hex:62656174"},
        ) as (poller, intake),
        dtu(port, 11, registration="DTU-NORTH", **parts),
        dtu(port, 22, registration="DTU-SOUTH\r\n", **parts),
    ):
        await intake.until(lambda: min(polls(intake, "meter-north"), polls(intake, "meter-south")) > 20)
    assert {one.value for one in intake.values("meter-north", "Power")} == {11.0}
    assert {one.value for one in intake.values("meter-south", "Power")} == {22.0}
    assert sorted(intake.life) == [("meter-north", "found"), ("meter-south", "found")]
    for bus in ("north", "south"):
        counters = poller.counters[bus]
        assert (counters["calls"], counters["timeouts"], counters["wrong_replies"]) == (1, 0, 0)


async def test_a_mobile_network_may_hold_a_reply_up_for_longer_than_a_wire() -> None:
    port = free_port()
    request = bytes.fromhex("0103000a0001a408")
    reply = bytes.fromhex("0103020007f986")
    async with polling(port, north={"anyone": True}) as (poller, intake):
        reader, writer = await call(port, b"")
        async with asyncio.timeout(10):
            assert await reader.readexactly(len(request)) == request
            await asyncio.sleep(METER.link.timeout_ms / 1000 + 0.1)
            writer.write(reply)
            await intake.until(lambda: polls(intake, "meter-north") > 0)
        writer.close()
        assert poller.counters["north"]["timeouts"] == 0
    assert intake.values("meter-north", "Power")[0].value == 7.0


async def test_a_newer_connection_of_a_dtu_replaces_the_older() -> None:
    port = free_port()
    async with polling(port, north={"registration": "A1"}) as (poller, intake):
        # The old one stays connected and silent, as after a change of the mobile cell.
        old, old_writer = await call(port, b"A1")
        async with asyncio.timeout(5):
            assert await old.read(8), "the line asks the one that has called"
            async with dtu(port, 33, registration="A1"):
                await intake.until(lambda: polls(intake, "meter-north") > 3)
                assert await old.read() == b"", "hung up"
        old_writer.close()
        assert poller.counters["north"]["replaced"] == 1
    assert {one.value for one in intake.values("meter-north", "Power")} == {33.0}


async def test_a_dtu_that_hangs_up_is_found_again_when_it_calls_again() -> None:
    port = free_port()
    async with polling(port, north={"anyone": True}) as (_, intake):
        async with dtu(port, 1):
            await intake.until(lambda: polls(intake, "meter-north") > 0)
        await intake.until(lambda: ("meter-north", "link") in intake.life)
        async with dtu(port, 2):
            await intake.until(lambda: intake.life.count(("meter-north", "found")) == 2)
            await intake.until(lambda: intake.values("meter-north", "Power")[-1].value == 2.0)


async def test_a_caller_that_nobody_expects_is_sent_away_and_counted() -> None:
    port = free_port()
    async with polling(port, north={"registration": "A1"}) as (poller, intake), dtu(port, 5, registration="A1"):
        await intake.until(lambda: polls(intake, "meter-north") > 0)
        stranger, writer = await call(port, b"GET / HTTP/1.1\r\n")
        async with asyncio.timeout(5):
            assert await stranger.read() == b""
        writer.close()
        assert poller.counters["north"]["strangers"] == 1
        before = polls(intake, "meter-north")
        await intake.until(lambda: polls(intake, "meter-north") > before + 3)
    assert intake.life == [("meter-north", "found")]


CROWDS = {"one address": ["127.0.0.1"], "several": [f"127.0.0.{number}" for number in range(1, 8)]}


@pytest.mark.parametrize("sources", CROWDS.values(), ids=CROWDS)
async def test_a_hundred_idle_strangers_keep_no_dtu_out_and_push_none_away(
    sources: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    strangers = []
    async with polling(port, north={"registration": "A1"}, south={"registration": "B2"}) as (poller, intake):
        async with dtu(port, 11, registration="A1"):
            await intake.until(lambda: polls(intake, "meter-north") > 0)
            for number in range(100):
                strangers.append(await call(port, b"", sources[number % len(sources)]))
            async with dtu(port, 22, registration="B2"):
                before = polls(intake, "meter-north")
                await intake.until(lambda: polls(intake, "meter-south") > 0 and polls(intake, "meter-north") > before)
                north, south = poller.counters["north"], poller.counters["south"]
        room = SPARE_PER_ADDRESS + 2 if len(sources) == 1 else SPARE + 2 * 2
        # The late one was a stranger, too, when it called.
        assert (north["pushed_out"], north["strangers"]) == (101 - room, 101 - room)
        assert (south["pushed_out"], south["strangers"]) == (0, 0), "counted once for their port"
        assert (north["calls"], north["link_errors"], south["calls"]) == (1, 0, 1)
        for reader, _ in strangers[: 101 - room - len(sources)]:
            async with asyncio.timeout(5):
                assert await reader.read() == b"", "hung up"
    for reader, writer in strangers:
        async with asyncio.timeout(5):
            assert await reader.read() == b"", "nobody is left when the port is closed"
        writer.close()
    assert sum("nobody of this site" in one for one in caplog.messages) == 1, "a hundred strangers are no hundred lines"


async def test_a_registration_in_pieces_is_understood_and_only_frames_pass() -> None:
    door = DialInDoor("127.0.0.1", 0, CLOCK)
    slot = door.expect("north", "REGISTER", "beat")
    await door.listen()
    _, writer = await call(door.port, b"REG")
    await asyncio.sleep(0.01)
    writer.write(b"ISTERframe")
    link = await slot.dial()
    assert await link.receive(5) == b"frame"
    for said, heard in ((b"beat", b""), (b"beatbeatframe", b"frame"), (b"framebeat", b"frame"), (b"REGISTERx", b"x")):
        writer.write(said)
        if heard:
            assert await link.receive(5) == heard
        else:
            with pytest.raises(TimeoutError):
                await link.receive(0.02)
    await slot.close()
    writer.close()


async def test_the_port_is_free_again_when_its_last_line_is_closed() -> None:
    doors = DialInDoors()
    door = doors.door("127.0.0.1", 0, CLOCK)
    first, second = door.expect("one", "A", None), door.expect("two", "B", None)
    await door.listen()
    await first.close()
    (await call(door.port, b"B"))[1].close()
    assert await second.dial()
    await second.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", door.port)


async def test_a_port_that_is_taken_is_a_link_error_and_tried_again() -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with taken:
        slot = DialInDoor("127.0.0.1", taken.sockets[0].getsockname()[1], CLOCK).expect("north", None, None)
        with pytest.raises(LinkError, match="cannot listen"):
            await slot.dial()


def test_registrations_that_cannot_be_told_apart_are_refused() -> None:
    door = DialInDoor("127.0.0.1", 0, CLOCK)
    door.expect("one", "DTU-1", None)
    for registration in ("DTU-1", "DTU-12", "DTU", None):
        with pytest.raises(ConfigError, match="told apart from bus one"):
            door.expect("two", registration, None)
    door.expect("three", "DTU-2", None)


async def call(port: int, first: bytes, source: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Call as soon as somebody listens."""
    async with asyncio.timeout(5):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
                continue
            writer.write(first)
            return reader, writer


def polls(intake: RecordingIntake, device: str) -> int:
    return len(intake.values(device, "Power"))
