"""A device that falls silent is seen to be silent, and its last value stays what and when it was."""

from __future__ import annotations

from pathlib import Path

from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.poller import Poller
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.delivery.outbox import Outbox
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from gateway.messages import Quality
from tests.support.modbus_server import echo_unit
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.virtual_clock import VirtualClock
from tests.support.waiting import running
from tests.unit.edge_agent.acquisition.test_poller import Line

FAST_S = 5.0


async def test_silence_is_told_within_three_polls_and_no_old_value_gets_a_new_time(tmp_path: Path) -> None:
    clock = VirtualClock()
    line = Line(clock, {1: echo_unit()})
    site = site_of(
        [{"id": "line", "kind": "modbus_tcp", "host": "nowhere"}],
        [{"id": "meter", "bus": "line", "unit": 1}],
        poll={"fast_s": FAST_S},
    )
    catalogue = catalogue_of(profile_of(register("Power", 10, poll="fast"), link={"timeout_ms": 600, "retries": 1}))
    outbox = Outbox(tmp_path / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=1_000)
    image, told = ProcessImage(), []
    intake = OutboxIntake(
        outbox=outbox,
        image=image,
        deadband=Deadband.of_site(site, catalogue),
        clock=clock,
        rng=SeededRng(2),
        on_life=lambda device, is_alive, at_ms: told.append((is_alive, clock.monotonic())),
        on_readings=lambda device, readings: None,
        on_commit=lambda: None,
    )
    poller = Poller(site, catalogue, intake, clock, SeededRng(3), dial_factory=line.dial)
    async with running(poller.run()):
        await clock.run_for(4 * FAST_S + 1)
        before = image.last("meter", "Power")
        line.silent.add(1)
        await clock.run_for(3_600)
    outbox.close()

    last_answer_s = 4 * FAST_S
    assert [is_alive for is_alive, _ in told] == [True, False]
    assert told[1][1] - last_answer_s <= 3 * FAST_S
    after = image.last("meter", "Power")
    assert before is not None
    assert after is not None
    assert (after.value, after.measured_ms, after.quality) == (before.value, before.measured_ms, Quality.STALE)
    assert intake.lost_devices.keys() == {"meter"}
