"""Fourteen hostile modes of a Modbus unit, TCP and RTU: no wrong value, no foreign exception, neighbours in time.

500 polls each in virtual time over links in memory, 10 each over real sockets.
"""

import asyncio
import contextlib
import itertools
import statistics
from collections.abc import Coroutine
from typing import Any

import pytest

from edge_agent.drivers.line.line import Line
from edge_agent.drivers.modbus.device import ModbusDevice
from edge_agent.drivers.modbus.framing import MbapFraming, RtuFraming
from foundation.clock import Clock, SystemClock
from foundation.errors import DeviceError, LinkError
from foundation.link import Dial, tcp_dial
from gateway.messages import Reading
from tests.support.hostile_modbus import CASES, Framing, HostileServer, HostileUnit, Wire
from tests.support.modbus_server import echo_unit
from tests.support.polled import polled
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake
from tests.support.virtual_loop import LoopClock, run_virtual

POLL_S = 5.0
HOSTILE, HEALTHY = 1, 2
FIRST, SECOND = range(10, 13), range(100, 103)
LONGER = range(100, 105)
"""Over RTU, without numbers, a device that always gives its previous reply can only be told by the length."""
ANSWERS = [("tcp", "two frames")]
"""Where the right reply can be told from the others."""


class Bench:
    """A hostile and a healthy unit on one line; every register holds its own address."""

    def __init__(self, framing: Framing, mode: str, dial: Dial, clock: Clock, timeout_s: float) -> None:
        self.case, self.line, self.clock = (framing, mode), Line("line", dial, clock), clock
        coding = MbapFraming() if framing == "tcp" else RtuFraming()
        second = LONGER if self.case == ("rtu", "stale") else SECOND
        link = {"timeout_ms": int(timeout_s * 1000), "retries": 0}
        hostile = profile_of(*(register(f"P{address}", address) for address in (*FIRST, *second)), link=link)
        healthy = profile_of(register("P7", 7), register("P8", 8), link=link)
        self.hostile = ModbusDevice(self.line, coding, HOSTILE, hostile, {}, clock)
        self.healthy = ModbusDevice(self.line, coding, HEALTHY, healthy, {}, clock)
        self.blocks = [[hostile.point(f"P{address}") for address in block] for block in (FIRST, second)]
        self.wrong: list[tuple[str, Any]] = []
        self.answered = self.disturbed = 0
        self.longest_s = 0.0
        self.patience = 1

    async def poll(self, number: int) -> None:
        """Ask both as a poll does, the hostile one for its blocks in turn; only DeviceError and LinkError may come."""
        # The unit is asked every time, as if its quarantine were over.
        self.line.forgive()
        begin_s = self.clock.monotonic()
        try:
            self.judge(await self.hostile.read(self.blocks[number % 2]))
            self.answered += 1
        except (DeviceError, LinkError):
            pass
        self.disturbed += not await self.reads_right(self.healthy)
        self.longest_s = max(self.longest_s, self.clock.monotonic() - begin_s)

    async def reads_right(self, device: ModbusDevice) -> bool:
        for _ in range(self.patience):
            with contextlib.suppress(DeviceError, LinkError):
                readings = await device.read(device.profile.all_points)
                self.judge(readings)
                return all(reading.value is not None for reading in readings)
        return False

    def judge(self, readings: list[Reading]) -> None:
        self.wrong += [(one.point, one.value) for one in readings if one.value not in (None, float(one.point[1:]))]


async def hostile_polls(bench: Bench, unit: HostileUnit, count: int, pause_s: float) -> None:
    assert await bench.reads_right(bench.hostile)
    unit.mode = bench.case[1]
    for number in range(count):
        await bench.poll(number)
        await bench.clock.sleep(pause_s)
    unit.mode = None
    bench.line.forgive()
    assert await bench.reads_right(bench.hostile), "right again at the first poll after it heals"
    assert bench.wrong == []
    assert bench.disturbed == 0


def units(timeout_s: float) -> dict[int, HostileUnit]:
    return {number: HostileUnit(echo_unit(size=200), timeout_s) for number in (HOSTILE, HEALTHY)}


@pytest.mark.parametrize(("framing", "mode"), CASES, ids=[f"{framing}-{mode}" for framing, mode in CASES])
def test_500_polls_of_a_hostile_unit(framing: Framing, mode: str) -> None:
    async def scenario() -> None:
        behind = units(0.6)
        wire = Wire(framing, behind)
        bench = Bench(framing, mode, wire.dial(), LoopClock(), 0.6)
        await hostile_polls(bench, behind[HOSTILE], 500, POLL_S)
        assert sum(unit == HOSTILE for _, unit in wire.asked_at) >= 500
        assert bench.answered == (500 if bench.case in ANSWERS else 0)
        assert bench.longest_s < POLL_S

    run_virtual(scenario())


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
async def test_10_polls_of_every_hostile_mode_over_real_sockets(framing: Framing) -> None:
    async def scenario(mode: str) -> None:
        behind = units(0.15)
        async with HostileServer(framing, behind) as server:
            bench = Bench(framing, mode, tcp_dial("127.0.0.1", server.port), SystemClock(), 0.15)
            # A machine under load may be later than these short time-outs.
            bench.patience = 4
            await hostile_polls(bench, behind[HOSTILE], 10, 0)
            await bench.line.close()

    scenarios: list[Coroutine[Any, Any, None]] = [scenario(mode) for one, mode in CASES if one == framing]
    await asyncio.gather(*scenarios)


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
def test_healthy_units_are_on_time_while_20_percent_of_50_are_dead(framing: Framing) -> None:
    bus = {"tcp": "modbus_tcp", "rtu": "serial_over_tcp"}[framing]
    points = (register("P7", 7, poll="fast"), register("P8", 8, poll="fast"))
    profile = profile_of(*points, link={"timeout_ms": 600, "retries": 1})
    site = site_of(
        [{"id": "line", "kind": bus, "host": "nowhere", "port": 1}],
        [{"id": f"meter-{number}", "bus": "line", "unit": number} for number in range(1, 51)],
        poll={"fast_s": POLL_S, "normal_s": POLL_S, "slow_s": POLL_S},
    )

    async def scenario() -> RecordingIntake:
        behind = {number: HostileUnit(echo_unit(size=10), 0.2) for number in range(1, 51)}
        clock, wire = LoopClock(), Wire(framing, behind)
        async with polled(site, catalogue_of(profile), clock, dial_factory=wire.dial) as (_, intake):
            await clock.sleep(60)
            for number in range(5, 51, 5):
                behind[number].mode = "silent"
            await clock.sleep(1_200)
        return intake

    intake = run_virtual(scenario())
    lost = {f"meter-{number}" for number in range(5, 51, 5)}
    assert sorted(life for life in intake.life if life[1] != "found") == [(one, "timeout") for one in sorted(lost)]
    late_s = []
    for number in set(range(1, 51)) - set(range(5, 51, 5)):
        stamps = [reading.measured_ms / 1000 for reading in intake.values(f"meter-{number}", "P7")]
        assert len(stamps) >= 245
        late_s += [later - earlier - POLL_S for earlier, later in itertools.pairwise(stamps)]
    assert statistics.quantiles(late_s, n=100)[98] < POLL_S
