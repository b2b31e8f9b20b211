"""A pretend JT/T 808 terminal against edges that crash: what it was told is kept must be in the outbox."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.delivery.outbox import Lane, Outbox
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.jt808.connection import Limits
from edge_agent.drivers.jt808.listener import Jt808Listener, ListenAddress
from edge_agent.site import Device
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from gateway.row_reader import read_row
from gateway.sparkplug.codec import parse
from simulators.fix import Fix
from simulators.jt808_terminal import Jt808Terminal
from tests.support.ports import free_port
from tests.support.waiting import running, until

NUMBER = "013912345678"
START_S = 1_790_000_000
REPORTS_A_LIFE = 40


def tracker(profile: str, address: str) -> list[InstalledDevice]:
    """One installed vehicle."""
    device = Device(id="vehicle-1", profile=profile, bus="road", address=address)
    return [InstalledDevice(device, load_catalogue().get(profile))]


def fix(step: int) -> Fix:
    """A place on the way, every five seconds."""
    return Fix(23.2 + step / 10_000, 108.5, 36.0, 90.0, 1_000 + step / 100, START_S + 5 * step)


class Edge:
    """Listener, intake and outbox of one process; at its end what was not committed is forgotten."""

    def __init__(self, folder: Path, port: int) -> None:
        rng = SystemRng()
        self.outbox = Outbox(folder / "outbox.db", disk=SystemDisk(), rng=rng, max_rows=1_000_000)
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
        devices = tracker("jt808.terminal", NUMBER)
        self.listener = Jt808Listener(address, devices, self.intake, SystemClock(), rng, limits=Limits())

    async def live(self, commits: int) -> None:
        """Serve until so many commits were made and more was heard, then crash."""
        async with running(self.listener.run()):
            for _ in range(commits):
                await asyncio.sleep(0.01)
                await self.intake.commit()
            await asyncio.sleep(0.03)
        self.outbox.close()

    def told_s(self) -> set[int]:
        """Times of the positions in the outbox, in whole seconds."""
        rows = [read_row(parse(row.body), {}, {}) for row in self.outbox.rows_after(Lane.LIVE, 0, limit=1_000_000)]
        return {r.measured_ms // 1000 for row in rows for r in row.readings if r.point == "Location/Lat"}


@dataclass(frozen=True)
class Drive:
    """Times in seconds: of the reports that the terminal made, and of those in the outbox at the end."""

    acknowledged: int
    made_s: set[int]
    kept_s: set[int]


async def drive_through_crashes(folder: Path, crashes: int, chance: random.Random) -> Drive:
    """Report all the time while the edge crashes so often; at the end everything has been acknowledged."""
    port, steps = free_port(), 0
    terminal = Jt808Terminal(NUMBER, SystemClock(), platform=("127.0.0.1", port))
    async with running(terminal.run()):
        for _ in range(crashes):
            edge = Edge(folder, port)
            for _ in range(REPORTS_A_LIFE):
                terminal.report(fix(steps), is_inside=True, crossing=None)
                steps += 1
            await edge.live(chance.randrange(6))
        last = Edge(folder, port)
        async with running(last.listener.run(), last.intake.run()):
            await until(lambda: terminal.waiting == 0, within_s=60)
    kept_s = last.told_s()
    last.outbox.close()
    return Drive(len(terminal.acknowledged), {START_S + 5 * step for step in range(steps)}, kept_s)
