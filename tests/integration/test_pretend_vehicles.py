"""Pretend trackers against the edge: mixed fleets, cut radio, crashed edges; what was acknowledged is in the outbox."""

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition import intake as intake_module
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.delivery.outbox import Lane, Outbox
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.jt808.connection import Limits
from edge_agent.drivers.jt808.listener import Jt808Listener, ListenAddress
from edge_agent.drivers.mqtt.traccar import TraccarTranslator
from edge_agent.drivers.report import Heard
from edge_agent.site import Device
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.errors import ConfigError
from foundation.rng import SystemRng
from gateway.row_reader import read_row
from gateway.sparkplug.codec import parse
from simulators import jt808_terminal
from simulators.compound import Vehicle, load_compound
from simulators.fix import Fix
from simulators.fleet import Fleet
from simulators.jt808_terminal import Jt808Terminal
from simulators.publisher import Message
from tests.support.manual_clock import ManualClock
from tests.support.ports import free_port
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import running, until

NUMBER = "013912345678"
CATALOGUE = load_catalogue()
COMPOUND = load_compound()
START_S = 1_790_000_000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jt808_terminal, "CALL_AGAIN_S", 0.01)
    monkeypatch.setattr(jt808_terminal, "LOOK_S", 0.005)
    monkeypatch.setattr(intake_module, "CYCLE_S", 0.01)


def installed(profile: str, address: str) -> list[InstalledDevice]:
    return [
        InstalledDevice(Device(id="vehicle-1", profile=profile, bus="road", address=address), CATALOGUE.get(profile))
    ]


def fix(step: int) -> Fix:
    return Fix(23.2 + step / 10_000, 108.5, 36.0, 90.0, 1_000 + step / 100, START_S + 5 * step)


class Edge:
    """Listener, intake and outbox of one process; `crash` forgets what was not committed."""

    def __init__(self, folder: Path, port: int) -> None:
        rng = SystemRng()
        self.outbox = Outbox(folder / "outbox.db", disk=SystemDisk(), rng=rng, max_rows=100_000)
        self.intake = OutboxIntake(
            outbox=self.outbox,
            image=ProcessImage(),
            deadband=Deadband({}, max_silence_s=0, counter_silence_s=0),
            clock=SystemClock(),
            rng=rng,
            on_life=lambda device, alive, at: None,
            on_readings=lambda device, readings: None,
            on_commit=lambda: None,
        )
        address = ListenAddress("127.0.0.1", port, folder / "jt808.secret")
        devices = installed("jt808.terminal", NUMBER)
        self.listener = Jt808Listener(address, devices, self.intake, SystemClock(), rng, limits=Limits())

    async def live(self, commits: int) -> None:
        """Serve until so many commits were made and more was heard, then crash."""
        async with running(self.listener.run()):
            for _ in range(commits):
                await asyncio.sleep(0.01)
                await self.intake.commit()
            await asyncio.sleep(0.03)
        self.outbox.close()


def told_s(outbox: Outbox) -> set[int]:
    """Times of the positions in the outbox, in whole seconds."""
    rows = [read_row(parse(row.body), {}, {}) for row in outbox.rows_after(Lane.LIVE, 0, limit=100_000)]
    return {r.measured_ms // 1000 for row in rows for r in row.readings if r.point == "Location/Lat"}


@pytest.mark.parametrize("is_2019", [False, True], ids=["2011", "2019"])
async def test_a_terminal_drives_through_cut_radio_and_keeps_its_reports(tmp_path: Path, is_2019: bool) -> None:
    intake = RecordingIntake()
    address = ListenAddress("127.0.0.1", free_port(), tmp_path / "secret")
    devices = installed("jt808.terminal", NUMBER)
    listener = Jt808Listener(address, devices, intake, SystemClock(), SystemRng(), limits=Limits())
    terminal = Jt808Terminal(NUMBER, SystemClock(), platform=("127.0.0.1", address.port), is_2019=is_2019)
    async with running(listener.run(), terminal.run()):
        terminal.report(fix(0), is_inside=True, crossing=None)
        await intake.until(lambda: len(terminal.acknowledged) == 1)
        terminal.cut(0.1)
        for step in range(1, 40):
            terminal.report(fix(step), is_inside=False, crossing="leave" if step == 20 else None)
        await intake.until(lambda: len(terminal.acknowledged) == 40)
    latitudes = [reading.value for reading in intake.values("vehicle-1", "Location/Lat")]
    assert latitudes == [pytest.approx(23.2 + step / 10_000, abs=1e-6) for step in range(40)]
    assert [(event.kind, event.data["event"]) for event in intake.events] == [("vehicle.transition", "leave")]
    assert (terminal.calls >= 2, intake.life) == (True, [("vehicle-1", "found")])


async def test_what_was_acknowledged_is_in_the_outbox_however_often_the_edge_crashes(tmp_path: Path) -> None:
    port, chance = free_port(), random.Random(7)
    terminal = Jt808Terminal(NUMBER, SystemClock(), platform=("127.0.0.1", port))
    steps = 0
    async with running(terminal.run()):
        for _ in range(15):
            edge = Edge(tmp_path, port)
            for _ in range(40):
                terminal.report(fix(steps), is_inside=True, crossing=None)
                steps += 1
            await edge.live(chance.randrange(0, 6))
        last = Edge(tmp_path, port)
        async with running(last.listener.run(), last.intake.run()):
            await until(lambda: terminal.waiting == 0)
    acknowledged = {START_S + 5 * step for step in range(steps)}
    assert len(terminal.acknowledged) == steps
    assert told_s(last.outbox) == acknowledged
    last.outbox.close()


def vehicles() -> list[Vehicle]:
    first, second, third = COMPOUND.vehicles[:3]
    return [
        first,
        second.model_copy(update={"profile": "traccar.tracker", "address": "860123456789012"}),
        third.model_copy(update={"profile": "jt808.terminal", "address": NUMBER}),
    ]


def test_a_fleet_may_carry_trackers_of_three_kinds() -> None:
    clock, sent = ManualClock(), list[Message]()
    fleet = Fleet(vehicles(), COMPOUND.geofence, sent.append, clock)
    for _ in range(20):
        clock.advance(0.5)
        fleet.tick()
    assert {message.topic for message in sent} >= {"owntracks/fleet/car-01", "positions", "events"}
    terminal = fleet.voices["car-03"]
    assert isinstance(terminal, Jt808Terminal)
    assert terminal.waiting >= 3


def test_the_edge_understands_the_pretend_traccar() -> None:
    clock, sent = ManualClock(), list[Message]()
    fleet = Fleet(vehicles()[1:2], COMPOUND.geofence, sent.append, clock)
    fleet.leave_area("car-02", 300)
    for _ in range(600):
        clock.advance(0.5)
        fleet.tick()
    translator = TraccarTranslator(installed("traccar.tracker", "860123456789012"))
    heard: list[Heard] = []
    for message in sent:
        heard += translator.translate(message.topic, message.payload.encode(), clock.now_ms())
    speeds = [r.value for one in heard for r in one.readings if r.point == "Speed"]
    assert max(float(speed or 0) for speed in speeds) == pytest.approx(62.0, abs=0.01)
    crossings = [event for one in heard for event in one.events if event.kind == "vehicle.transition"]
    assert [(event.data["event"], event.data["region"]) for event in crossings] == [("leave", COMPOUND.geofence.id)]
    assert not [event for one in heard for event in one.events if event.kind == "vehicle.position_rejected"]


@pytest.mark.parametrize("profile", ["frigate.camera", "acme.tracker"])
def test_a_vehicle_that_nobody_can_pretend_to_be_is_a_clear_error(profile: str) -> None:
    strange: Sequence[Vehicle] = [COMPOUND.vehicles[0].model_copy(update={"profile": profile})]
    with pytest.raises(ConfigError, match="car-01"):
        Fleet(strange, COMPOUND.geofence, lambda message: None, ManualClock())


def test_messages_of_the_pretend_traccar_leave_out_what_is_null() -> None:
    sent: list[Message] = []
    clock = ManualClock()
    Fleet(vehicles()[1:2], COMPOUND.geofence, sent.append, clock).tick()
    assert all(value is not None for message in sent for value in json.loads(message.payload).values())
