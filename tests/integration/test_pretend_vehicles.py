"""Pretend trackers against the edge: mixed fleets, cut radio, crashed edges; what was acknowledged is in the outbox."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_agent.acquisition import intake as intake_module
from edge_agent.drivers.jt808.connection import Limits
from edge_agent.drivers.jt808.listener import Jt808Listener, ListenAddress
from edge_agent.drivers.mqtt.traccar import TraccarTranslator
from edge_agent.drivers.report import Heard
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.rng import SystemRng
from simulators import jt808_terminal
from simulators.compound import Vehicle, load_compound
from simulators.fleet import Fleet
from simulators.jt808_terminal import Jt808Terminal
from simulators.publisher import Message
from tests.support.crashing_edge import NUMBER, REPORTS_A_LIFE, drive_through_crashes, fix, tracker
from tests.support.manual_clock import ManualClock
from tests.support.ports import free_port
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import running

COMPOUND = load_compound()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jt808_terminal, "CALL_AGAIN_S", 0.01)
    monkeypatch.setattr(jt808_terminal, "LOOK_S", 0.005)
    monkeypatch.setattr(intake_module, "CYCLE_S", 0.01)


@pytest.mark.parametrize("is_2019", [False, True], ids=["2011", "2019"])
async def test_a_terminal_drives_through_cut_radio_and_keeps_its_reports(tmp_path: Path, is_2019: bool) -> None:
    intake = RecordingIntake()
    address = ListenAddress("127.0.0.1", free_port(), tmp_path / "secret")
    devices = tracker("jt808.terminal", NUMBER)
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
    drive = await drive_through_crashes(tmp_path, 15, random.Random(7))
    assert drive.kept_s == drive.made_s
    assert drive.acknowledged == len(drive.made_s) == 15 * REPORTS_A_LIFE


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
    translator = TraccarTranslator(tracker("traccar.tracker", "860123456789012"))
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
