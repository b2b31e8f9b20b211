"""The Poller in virtual time, over links in memory to units that answer honestly unless told otherwise."""

import contextlib
import itertools
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from edge_agent.acquisition.poller import Poller
from edge_agent.drivers.lines import dial_line
from foundation.errors import ConfigError, LinkError
from foundation.link import Dial, Link
from foundation.rng import SeededRng
from tests.support.modbus_server import Request, Unit, echo_unit, frame_of
from tests.support.polled import polled
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake
from tests.support.virtual_clock import VirtualClock

TIMEOUT_S = 0.6


class Line:
    """Units behind one endpoint in memory; every answer takes `delay_s` of virtual time."""

    def __init__(self, clock: VirtualClock, units: dict[int, Unit], delay_s: float = 0.0) -> None:
        self.clock, self.units, self.delay_s = clock, units, delay_s
        self.silent: set[int] = set()
        self.absurd: set[int] = set()
        self.requests: list[tuple[float, Request]] = []

    def dial(self, _bus: object) -> Dial:
        async def dial() -> Link:
            return LineLink(self)

        return dial


class LineLink:
    """A Link whose other end is a Line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._answer = b""

    async def send(self, data: bytes) -> None:
        transaction, _, _, unit, function, address, count = struct.unpack(">HHHBBHH", data[:12])
        request = Request(transaction, unit, function, address, count, data[7:], self._line.clock.monotonic())
        self._line.requests.append((request.at_s, request))
        if unit in self._line.absurd:
            raise ZeroDivisionError("nobody foresaw this")
        is_heard = unit in self._line.units and unit not in self._line.silent
        self._answer = frame_of(request, self._line.units[unit].answer(request)) if is_heard else b""

    async def receive(self, timeout_s: float) -> bytes:
        answer, self._answer = self._answer, b""
        if timeout_s == 0 or not answer:
            await self._line.clock.sleep(timeout_s)
            raise TimeoutError
        await self._line.clock.sleep(self._line.delay_s)
        return answer

    async def close(self) -> None:
        self._answer = b""


def meter(*points: dict[str, Any], **parts: Any) -> Any:
    link = {"timeout_ms": int(TIMEOUT_S * 1000), "retries": 1}
    usual = (register("Power", 10, poll="fast"), register("Voltage", 11), register("Energy", 12, poll="slow"))
    return profile_of(*(points or usual), link=link, **parts)


@contextlib.asynccontextmanager
async def polling(line: Line, profile: Any, units: int = 1) -> AsyncIterator[RecordingIntake]:
    site = site_of(
        [{"id": "line", "kind": "modbus_tcp", "host": "nowhere"}],
        [{"id": f"meter-{unit}", "bus": "line", "unit": unit} for unit in range(1, units + 1)],
    )
    async with polled(site, catalogue_of(profile), line.clock, dial_factory=line.dial) as (_, intake):
        yield intake


async def test_polls_keep_their_times_although_every_answer_takes_a_while() -> None:
    line = Line(VirtualClock(), {1: echo_unit()}, delay_s=0.4)
    async with polling(line, meter()):
        await line.clock.run_for(62)
    assert [round(at_s, 3) for at_s, _ in line.requests] == [5.0 * turn for turn in range(13)]


async def test_each_class_is_read_in_its_own_period() -> None:
    line = Line(VirtualClock(), {1: echo_unit()})
    async with polling(line, meter()) as intake:
        await line.clock.run_for(119)
        read = {name: len(intake.values("meter-1", name)) for name in ("Power", "Voltage", "Energy")}
    assert read == {"Power": 24, "Voltage": 8, "Energy": 2}


async def test_devices_of_one_line_start_spread_over_a_fast_period() -> None:
    line = Line(VirtualClock(), {unit: echo_unit() for unit in range(1, 6)})
    async with polling(line, meter(), units=5):
        await line.clock.run_for(4.5)
    assert [(at_s, request.unit) for at_s, request in line.requests] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


async def test_a_slow_device_is_never_asked_while_it_still_answers() -> None:
    line = Line(VirtualClock(), {1: echo_unit()}, delay_s=0.5)
    points = [register(f"P{address}", address, poll="fast") for address in range(0, 2000, 100)]
    async with polling(line, meter(*points)) as intake:
        await line.clock.run_for(60)
    times = [at_s for at_s, _ in line.requests]
    assert all(later - earlier >= 0.5 for earlier, later in itertools.pairwise(times))
    assert {len(readings) for _, readings, _ in intake.polls} == {20}


async def test_a_device_is_lost_after_two_failed_polls_and_asked_ever_more_rarely() -> None:
    line = Line(VirtualClock(), {1: echo_unit(), 2: echo_unit()})
    async with polling(line, meter(), units=2) as intake:
        await line.clock.run_for(10)
        line.silent.add(1)
        before = len(intake.values("meter-1", "Power"))
        await line.clock.run_for(3_600)
        asked = [at_s for at_s, request in line.requests if request.unit == 1 and at_s > 10]
        assert intake.life == [("meter-1", "found"), ("meter-2", "found"), ("meter-1", "timeout")]
        assert len(intake.values("meter-1", "Power")) == before
        assert len(asked) < 25
        assert max(later - earlier for earlier, later in itertools.pairwise(asked)) <= 310

        line.silent.clear()
        await line.clock.run_for(310)
    assert intake.life[-1] == ("meter-1", "found")
    assert len(intake.values("meter-2", "Power")) == pytest.approx(3_920 / 5, abs=2)


async def test_an_unforeseen_fault_costs_the_device_and_not_its_neighbours() -> None:
    line = Line(VirtualClock(), {1: echo_unit(), 2: echo_unit()})
    async with polling(line, meter(), units=2) as intake:
        await line.clock.run_for(10)
        line.absurd.add(1)
        await line.clock.run_for(60)
        assert intake.life[-1] == ("meter-1", "fault")
        assert len(intake.values("meter-2", "Power")) == pytest.approx(70 / 5, abs=2)
        line.absurd.clear()
        await line.clock.run_for(310)
    assert intake.life[-1] == ("meter-1", "found")


async def test_a_device_that_never_answered_is_told_as_lost() -> None:
    line = Line(VirtualClock(), {})
    async with polling(line, meter()) as intake:
        await line.clock.run_for(30)
    assert intake.life == [("meter-1", "timeout")]


async def test_points_read_once_are_read_again_when_the_device_comes_back() -> None:
    line = Line(VirtualClock(), {1: echo_unit(), 2: echo_unit()})
    points = (register("Power", 10, poll="fast"), register("Serial", 20, poll="once"))
    async with polling(line, meter(*points), units=2) as intake:
        await line.clock.run_for(60)
        assert len(intake.values("meter-1", "Serial")) == 1
        line.silent.add(1)
        await line.clock.run_for(60)
        line.silent.clear()
        await line.clock.run_for(60)
        assert len(intake.values("meter-1", "Serial")) == 2


def test_a_device_on_a_bus_that_cannot_carry_it_stops_the_start() -> None:
    camera = profile_of({"name": "Count", "field": "person"}, driver="frigate", id="test.camera")
    site = site_of(
        [{"id": "line", "kind": "modbus_tcp", "host": "nowhere"}],
        [{"id": "cam", "bus": "line", "unit": 1, "profile": "test.camera"}],
    )
    with pytest.raises(ConfigError, match=r"devices.cam.bus: a device of driver frigate cannot hang on bus line"):
        Poller(site, catalogue_of(camera), RecordingIntake(), VirtualClock(), SeededRng(1))


def test_a_profile_whose_value_fits_no_request_stops_the_start() -> None:
    profile = profile_of(register("Text", 0, "string(4)", kind="text"), link={"max_words": 2})
    site = site_of(
        [{"id": "line", "kind": "modbus_tcp", "host": "nowhere"}], [{"id": "meter", "bus": "line", "unit": 1}]
    )
    with pytest.raises(ConfigError, match=r"test.meter: points: holding 0: 4 words exceed 2"):
        Poller(site, catalogue_of(profile), RecordingIntake(), VirtualClock(), SeededRng(1))


async def test_a_port_where_nobody_listens_is_a_link_error() -> None:
    bus = site_of([{"id": "line", "kind": "modbus_tcp", "host": "127.0.0.1", "port": 1}], []).buses[0]
    with pytest.raises(LinkError):
        await dial_line(bus)()
